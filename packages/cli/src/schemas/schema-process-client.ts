import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { UsageError } from '../usage-error.js'
import type {
  DescribeResult,
  ExplainRequest,
  ExplainResult,
  Message,
  Request,
  ValidateRequest,
  ValidateResult,
} from './messages.js'

/** Runs a schema in a process of its own. Each answer has a time limit. */
export class SchemaProcess implements Disposable {
  readonly #file: string
  readonly #limitMs: number
  readonly #child: ChildProcess
  readonly #waiting: ((message: Message) => void)[] = []
  readonly #ended: Promise<never>

  private constructor(file: string, limitMs: number) {
    this.#file = file
    this.#limitMs = limitMs
    const program = fileURLToPath(new URL('schema-process.js', import.meta.url))
    // What the schema prints must not mix with the output of the command. `advanced` keeps bytes.
    this.#child = fork(program, [resolve(file)], { serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] })
    this.#child.on('message', (message: Message) => this.#waiting.shift()?.(message))
    this.#ended = new Promise((_, reject) => {
      this.#child.once('error', reject)
      this.#child.once('exit', (code, signal) => {
        reject(new UsageError(`${file} ended its process with ${signal ?? `exit code ${code}`}`))
      })
    })
    this.#ended.catch(() => undefined)
  }

  /**
   * Starts a process and loads the schema.
   *
   * @param limitMs how long to wait for each answer, in milliseconds
   * @throws {UsageError} when the schema can't be loaded
   */
  static async start(file: string, limitMs: number): Promise<SchemaProcess> {
    if (!existsSync(file)) throw new UsageError(`the schema ${file} does not exist`)
    const started = new SchemaProcess(file, limitMs)
    try {
      await started.#next('was not loaded')
      return started
    } catch (error) {
      started[Symbol.dispose]()
      throw error
    }
  }

  /** @throws {UsageError} when the schema is not valid, ends its process or does not answer in time */
  async validate(request: ValidateRequest): Promise<ValidateResult> {
    return (await this.#ask(request, 'did not validate')) as ValidateResult
  }

  /** @throws {UsageError} when the schema does not tell what it accepts */
  async describe(): Promise<DescribeResult> {
    return (await this.#ask({ type: 'describe' }, 'did not answer')) as DescribeResult
  }

  /** @throws {UsageError} when a source or the path makes no sense, or it does not answer in time */
  async explain(request: ExplainRequest): Promise<ExplainResult> {
    return (await this.#ask(request, 'did not answer')) as ExplainResult
  }

  #ask(request: Request, failure: string): Promise<unknown> {
    const answer = this.#next(failure)
    this.#child.send(request)
    return answer
  }

  async #next(what: string): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      const message = `the schema ${this.#file} ${what} within ${this.#limitMs / 1000} s`
      timer = setTimeout(() => reject(new UsageError(`${message}; --schema-timeout sets another limit`)), this.#limitMs)
    })
    const answer = new Promise<Message>((resolveAnswer) => this.#waiting.push(resolveAnswer))
    try {
      const message = await Promise.race([answer, late, this.#ended])
      if (message.type === 'failed') throw new UsageError(`the schema ${this.#file} can't be used: ${message.message}`)
      return message.type === 'result' ? message.result : undefined
    } finally {
      clearTimeout(timer)
    }
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL')
  }
}
