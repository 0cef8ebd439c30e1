import { ConfigError, messageOf } from '../errors/errors.js'
import type { IssueCode } from '../errors/errors.js'
import { cutText } from '../errors/issue-limits.js'
import type { Redactor } from './redactor.js'

/** How far down the causes of an error are copied. */
const MAX_CAUSES = 5

/** How much of a stack is copied, in characters. */
const MAX_STACK_LENGTH = 4_000

/** Makes errors of the program safe to show: hooks, resources and listeners may quote a secret of what they were given. */
export class SafeErrors {
  readonly #redactor: Redactor

  constructor(redactor: Redactor) {
    this.#redactor = redactor
  }

  /** The error for an update that code of the program rejected. */
  rejection(code: IssueCode, what: string, error: unknown): ConfigError {
    const message = `${what}: ${this.#scrub(messageOf(error))}`
    return ConfigError.of([{ code, message }], { cause: this.#copy(error) })
  }

  #scrub(text: string, maxLength?: number): string {
    return cutText(this.#redactor.scrub(text), maxLength)
  }

  #copy(error: unknown, depth = 0): Error {
    if (!(error instanceof Error)) return new Error(this.#scrub(messageOf(error)))
    const { name, stack, cause, code }: { name: unknown; stack?: unknown; cause?: unknown; code?: unknown } = error
    const options = cause === undefined || depth >= MAX_CAUSES ? {} : { cause: this.#copy(cause, depth + 1) }
    const copy = new Error(this.#scrub(messageOf(error)), options)
    copy.name = this.#scrub(messageOf(name))
    copy.stack = this.#scrub(messageOf(stack), MAX_STACK_LENGTH)
    return code === undefined ? copy : Object.assign(copy, { code: this.#scrub(messageOf(code)) })
  }
}
