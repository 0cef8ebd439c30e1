import { messageOf } from '../errors/errors.js'
import type { Redactor } from './redactor.js'

/** How far down the causes of an error are copied. */
const MAX_CAUSES = 5

/** How many values of each kind are remembered. */
const MAX_VALUES = 20

/** Makes errors of the program safe to show: hooks, resources and listeners may quote a secret of what they were given. */
export class SafeErrors {
  readonly #redactor: Redactor
  /** Values that were served lately, and values that were proposed lately: a late error may quote any of them. */
  readonly #served: unknown[] = []
  readonly #proposed: unknown[] = []

  constructor(redactor: Redactor) {
    this.#redactor = redactor
  }

  /** Code of the program is about to see this value for as long as it serves. */
  served(value: unknown): void {
    remember(this.#served, value)
  }

  /** Hooks and resources are about to see this value, which may be rejected. */
  proposed(value: unknown): void {
    remember(this.#proposed, value)
  }

  /** A text without any secret of the values that are remembered. */
  scrub(text: string): string {
    return this.#redactor.scrub(text, ...this.#served, ...this.#proposed)
  }

  /** A copy of an error of the program, with its causes. */
  copy(error: unknown, depth = 0): Error {
    if (!(error instanceof Error)) return new Error(this.scrub(messageOf(error)))
    const { name, stack, cause, code }: { name: unknown; stack?: unknown; cause?: unknown; code?: unknown } = error
    const options = cause === undefined || depth >= MAX_CAUSES ? {} : { cause: this.copy(cause, depth + 1) }
    const copy = new Error(this.scrub(messageOf(error)), options)
    copy.name = this.scrub(messageOf(name))
    copy.stack = this.scrub(messageOf(stack))
    return code === undefined ? copy : Object.assign(copy, { code: this.scrub(messageOf(code)) })
  }
}

function remember(values: unknown[], value: unknown): void {
  values.push(value)
  if (values.length > MAX_VALUES) values.shift()
}
