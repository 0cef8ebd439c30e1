import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { UsageError } from '../usage-error.js'
import type { Report } from '../validate/finding.js'
import type {
  Content,
  DescribeResult,
  ExplainRequest,
  ExplainResult,
  Message,
  PipelineOptions,
  ReportRequest,
  Request,
  ValidateResult,
} from './messages.js'
import type { SchemaRunner } from './schema-runner.js'

/** No warnings about the TypeScript of a schema, which works. */
const QUIET = ['ExperimentalWarning', 'MODULE_TYPELESS_PACKAGE_JSON'].map((name) => `--disable-warning=${name}`)

/**
 * The V8 of Node 20 optimizes functions after so few calls that it has to do it again and again. With six times its budget,
 * a process that validates a thousand objects takes a quarter less time. Newer ones wait longer by themselves.
 */
const PATIENT = process.versions.v8.startsWith('11.') ? ['--interrupt-budget=400000'] : []

/** The files that can be a schema. */
const ENDINGS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json']

/** How many bytes one message may have. */
const MAX_MESSAGE_BYTES = 2 ** 24

/** Runs a schema in a process of its own. Each answer has a time limit. */
export class SchemaProcess implements SchemaRunner {
  readonly #file: string
  readonly #limitMs: number
  readonly #child: ChildProcess
  /** The requests that wait for answers, in order. Each returns whether the message was the last for it. */
  readonly #waiting: ((message: Message) => boolean)[] = []
  readonly #ended: Promise<never>
  readonly #loaded: Promise<unknown>

  private constructor(file: string, limitMs: number) {
    this.#file = file
    this.#limitMs = limitMs
    const program = fileURLToPath(new URL('schema-process.js', import.meta.url))
    this.#child = fork(program, [resolve(file)], {
      execArgv: [...process.execArgv, ...PATIENT, ...QUIET],
      // it keeps bytes
      serialization: 'advanced',
      // What the schema prints must not mix with the output of the command.
      stdio: ['ignore', 2, 2, 'ipc'],
    })
    this.#child.on('message', (message: Message) => {
      if (this.#waiting[0]?.(message)) this.#waiting.shift()
    })
    this.#ended = new Promise((_, reject) => {
      this.#child.once('error', reject)
      this.#child.once('exit', (code, signal) => {
        reject(new UsageError(`${file} ended its process with ${signal ?? `exit code ${code}`}`))
      })
    })
    this.#ended.catch(() => undefined)
    this.#loaded = this.#answers('was not loaded')
    this.#loaded.catch(() => undefined)
  }

  /**
   * Starts a process that loads the schema. When the schema can't be loaded, each request fails.
   *
   * @param limitMs how long to wait for each answer, in milliseconds
   * @throws {UsageError} when the schema does not exist
   */
  static spawn(file: string, limitMs: number): SchemaProcess {
    const found = statSync(file, { throwIfNoEntry: false })
    if (!found) throw new UsageError(`the schema ${file} does not exist`)
    if (found.isDirectory()) throw new UsageError(`the schema ${file} is a folder: expected a file`)
    if (!ENDINGS.includes(extname(file))) {
      throw new UsageError(`the schema ${file} can't be used: expected a file that ends in ${ENDINGS.join(', ')}`)
    }
    return new SchemaProcess(file, limitMs)
  }

  /**
   * Starts a process and loads the schema.
   *
   * @param limitMs how long to wait for each answer, in milliseconds
   * @throws {UsageError} when the schema can't be loaded
   */
  static async start(file: string, limitMs: number): Promise<SchemaProcess> {
    const started = SchemaProcess.spawn(file, limitMs)
    try {
      await started.#loaded
      return started
    } catch (error) {
      started[Symbol.dispose]()
      throw error
    }
  }

  /**
   * @returns one result for each content
   * @throws {UsageError} when the schema is not valid, ends its process or does not answer in time
   */
  async validate(contents: readonly Content[], options: PipelineOptions): Promise<ValidateResult[]> {
    const results: ValidateResult[] = []
    for (const part of inParts(contents)) {
      const answers = await this.#ask({ type: 'validate', contents: part, options }, 'did not validate', part.length)
      results.push(...(answers as ValidateResult[]))
    }
    return results
  }

  /** @throws {UsageError} for what `validate()` rejects, and when it does not go on in time */
  async report(request: ReportRequest): Promise<Report> {
    const [result] = await this.#ask(request, 'did not validate')
    return result as Report
  }

  /** @throws {UsageError} when the schema does not tell what it accepts */
  async describe(): Promise<DescribeResult> {
    const [result] = await this.#ask({ type: 'describe' }, 'did not answer')
    return result as DescribeResult
  }

  /** @throws {UsageError} when a source or the path makes no sense, or it does not answer in time */
  async explain(request: ExplainRequest): Promise<ExplainResult> {
    const [result] = await this.#ask(request, 'did not answer')
    return result as ExplainResult
  }

  async #ask(request: Request, failure: string, count?: number): Promise<unknown[]> {
    await this.#loaded
    const answers = this.#answers(failure, count)
    this.#child.send(request)
    return answers
  }

  /** Waits for answers. The time limit is for each message, and so for each answer that takes long. */
  async #answers(failure: string, count = 1): Promise<unknown[]> {
    const found: unknown[] = []
    let timer: NodeJS.Timeout | undefined
    const complete = new Promise<void>((resolveAll, reject) => {
      const late = `the schema ${this.#file} ${failure} within ${this.#limitMs / 1000} s`
      const wait = (): void => {
        clearTimeout(timer)
        const error = new UsageError(`${late}; --schema-timeout sets another limit`)
        timer = setTimeout(() => reject(error), this.#limitMs)
      }
      this.#waiting.push((message) => {
        if (message.type !== 'answers') {
          const about = message.type === 'failed' ? `the schema ${this.#file} can't be used: ` : ''
          reject(new UsageError(`${about}${message.message}`))
          return true
        }
        found.push(...message.answers)
        if (found.length === count) resolveAll()
        else wait()
        return found.length === count
      })
      wait()
    })
    try {
      await Promise.race([complete, this.#ended])
      return found
    } finally {
      clearTimeout(timer)
    }
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL')
  }
}

/** Divides contents, so that no message is too large. */
function inParts(contents: readonly Content[]): Content[][] {
  // without content, the schema is validated nevertheless
  const parts: Content[][] = [[]]
  let room = MAX_MESSAGE_BYTES
  for (const content of contents) {
    const size = [...content.sources, ...(content.before ?? [])]
      .flatMap(({ keys }) => keys)
      .reduce((sum, { bytes }) => sum + bytes.length, 0)
    if (size > room && parts.at(-1)?.length !== 0) {
      parts.push([])
      room = MAX_MESSAGE_BYTES
    }
    parts.at(-1)?.push(content)
    room -= size
  }
  return parts
}
