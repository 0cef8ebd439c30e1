import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

import { inSlices } from '../../async/slices.js'
import { canonical } from '../../trees/canonical.js'
import type { PathSegment } from '../../trees/path.js'
import type { Tree } from '../../trees/tree.js'
import { SyntaxProblem } from '../syntax-problem.js'
import type { Repeated } from '../parser.js'
import type { Position } from '../positions.js'
import type { Answer, Job } from './parser-worker.js'
import { join } from './subtrees.js'

/**
 * The memory limit of a worker: its use at rest, plus three times the use per byte of the worst texts that were
 * measured. A text that was written to exhaust the memory ends the worker, not the process.
 */
const BASE_HEAP_MB = 64
const HEAP_PER_BYTE = 256

/** A text, with everything that is needed to parse it. */
type Text = Pick<Job, 'format' | 'bytes' | 'keyPaths' | 'names'>

/**
 * The worker could not start, or failed for a reason unrelated to the text. The main thread can parse the text instead.
 */
export class WorkerUnavailableError extends Error {}

/**
 * Parses texts in a worker, so that large ones do not block the event loop. The worker starts with the first text and
 * runs until `close()`. It parses one text at a time.
 */
export class WorkerParser {
  readonly #signal: AbortSignal
  #worker: Worker | undefined
  #failure: Error | undefined
  /** The promise of the next answer. */
  #waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined

  /** @param signal ends the worker and rejects its pending results */
  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /**
   * @param previous the previous tree, whose unchanged parts are reused
   * @param repeated collects the paths that have several values in the text
   * @throws {SyntaxProblem} for a text that can't be parsed
   * @throws {WorkerUnavailableError} when the worker can't start, or fails for a reason unrelated to the text
   * @throws the reason of the signal
   */
  async parse(text: Text, previous: unknown, repeated: Repeated[]): Promise<Tree> {
    const root = {}
    let answer = await this.#run(text)
    for (;;) {
      if ('problem' in answer) {
        const { message, position, path } = answer.problem
        throw new SyntaxProblem(message, position, path)
      }
      if (!('piece' in answer)) throw new WorkerUnavailableError('not an answer to that')
      repeated.push(...(answer.repeated ?? []))
      join(root, answer.piece)
      if (answer.piece.isLast) return (await inSlices(canonical(root, previous), this.#signal)) as Tree
      // Node delivers all queued messages in one turn of the event loop. Requesting the pieces one by one spreads them
      // over several turns.
      await setImmediate()
      answer = await this.#ask('next')
    }
  }

  /**
   * Finds the positions of the values at these paths in a text that `parse` accepts.
   *
   * @throws {WorkerUnavailableError} when the worker can't start, or fails for a reason unrelated to the text
   * @throws the reason of the signal
   */
  async locate(text: Text, paths: readonly (readonly PathSegment[])[]): Promise<readonly (Position | undefined)[]> {
    const answer = await this.#run({ ...text, paths })
    if ('positions' in answer) return answer.positions
    throw new WorkerUnavailableError('not an answer to that')
  }

  /** Ends the worker. */
  close(): void {
    this.#signal.removeEventListener('abort', this.#stop)
    void this.#worker?.terminate()
  }

  readonly #stop = (): void => {
    this.#fail(this.#signal.reason as Error)
    void this.#worker?.terminate()
  }

  #run(job: Job): Promise<Answer> {
    this.#signal.throwIfAborted()
    // Transfers a copy, because the bytes may be part of a buffer that holds other data as well.
    const bytes = new Uint8Array(job.bytes)
    if (!this.#worker && !this.#failure) this.#start(bytes.length)
    return this.#ask({ ...job, bytes }, [bytes.buffer])
  }

  #start(bytes: number): void {
    let worker: Worker
    try {
      worker = new Worker(new URL('./parser-worker.js', import.meta.url), {
        name: 'hot-config parser',
        // The worker needs no hooks, settings or environment variables of the application.
        argv: [],
        execArgv: [],
        env: {},
        resourceLimits: { maxOldGenerationSizeMb: BASE_HEAP_MB + Math.ceil((bytes * HEAP_PER_BYTE) / 2 ** 20) },
      })
    } catch (error) {
      this.#fail(new WorkerUnavailableError('the worker could not start', { cause: error }))
      return
    }
    this.#worker = worker
    this.#signal.addEventListener('abort', this.#stop)
    worker.on('message', (answer: Answer) => {
      const waiting = this.#waiting
      this.#waiting = undefined
      waiting?.resolve(answer)
    })
    worker.on('messageerror', () => this.#fail(new WorkerUnavailableError('an answer could not be read')))
    worker.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') {
        this.#fail(new WorkerUnavailableError('the worker failed', { cause: error }))
        return
      }
      // The text is the cause. The next text gets a new worker.
      this.#worker = undefined
      this.#waiting?.reject(new SyntaxProblem('takes too much memory to parse'))
      this.#waiting = undefined
    })
    worker.on('exit', () => {
      if (this.#worker === worker) this.#fail(new WorkerUnavailableError('the worker ended'))
    })
  }

  #ask(message: Job | 'next', transfer: ArrayBuffer[] = []): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#failure) {
        reject(this.#failure)
        return
      }
      this.#waiting = { resolve, reject }
      this.#worker?.postMessage(message, transfer)
    })
  }

  /** Keeps only the first failure, since later ones are its consequences. */
  #fail(error: Error): void {
    this.#failure ??= error
    this.#waiting?.reject(this.#failure)
    this.#waiting = undefined
  }
}
