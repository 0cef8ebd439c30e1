import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

import type { PathSegment } from '../../trees/path.js'
import type { Tree } from '../../trees/tree.js'
import { SyntaxProblem } from '../syntax-problem.js'
import type { Repeated } from '../parser.js'
import type { Position } from '../positions.js'
import type { Answer, Job } from './parser-worker.js'
import { Decoder } from './wire.js'

/**
 * What a thread may take: about what it needs at rest, and three times what the worst texts that were tried need for each
 * byte. A text that is made to fill the memory ends the thread then, and not the process.
 */
const BASE_HEAP_MB = 64
const HEAP_PER_BYTE = 256

/** A text, and how to read it. */
type Text = Pick<Job, 'format' | 'bytes' | 'keyPaths' | 'names'>

/** A text, and what it gave. */
export interface Parsed {
  readonly bytes: Uint8Array
  readonly tree: unknown
}

/** There is no thread to be had, or it failed in a way of its own: what was to be done in it can be done here. */
export class WorkerUnavailableError extends Error {}

/**
 * Parses texts in a thread of its own, so that large ones hold up nothing else. The thread starts with the first text and
 * is there until `close()`. One text at a time.
 */
export class WorkerParser {
  readonly #signal: AbortSignal
  #worker: Worker | undefined
  #failure: Error | undefined
  /** Whoever waits for the next answer. */
  #waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined

  /** @param signal ends the thread, and what waits for it */
  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /**
   * @param previous a text that was parsed before, and what it gave: parts that did not change are those of it
   * @param repeated collects what the text gives several values
   * @throws {SyntaxProblem} for what can't be parsed
   * @throws {WorkerUnavailableError} where threads can't be had
   * @throws the reason of the signal
   */
  async parse(text: Text, previous: Parsed | undefined, repeated: Repeated[]): Promise<Tree> {
    let answer = await this.#run({ ...text, ...(previous && { previous: previous.bytes }) })
    const decoder = new Decoder(previous?.tree)
    for (;;) {
      if ('problem' in answer) {
        const { message, position, path } = answer.problem
        throw new SyntaxProblem(message, position, path)
      }
      if (!('piece' in answer)) throw new WorkerUnavailableError('not an answer to that')
      repeated.push(...(answer.repeated ?? []))
      decoder.take(answer.piece)
      if (answer.piece.isLast) return decoder.root as Tree
      // node hands over all messages that are there in one turn: asks for one in a turn
      await setImmediate()
      answer = await this.#ask('next')
    }
  }

  /**
   * Where a text that `parse` takes gives what.
   *
   * @throws {WorkerUnavailableError} where threads can't be had
   * @throws the reason of the signal
   */
  async locate(text: Text, paths: readonly (readonly PathSegment[])[]): Promise<readonly (Position | undefined)[]> {
    const answer = await this.#run({ ...text, paths })
    if ('positions' in answer) return answer.positions
    throw new WorkerUnavailableError('not an answer to that')
  }

  /** Ends the thread. */
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
    // copies that are handed over: bytes may be part of a buffer that holds much else
    const bytes = new Uint8Array(job.bytes)
    const previous = job.previous && new Uint8Array(job.previous)
    if (!this.#worker && !this.#failure) this.#start(bytes.length + (previous?.length ?? 0))
    return this.#ask({ ...job, bytes, ...(previous && { previous }) }, [
      bytes.buffer,
      ...(previous ? [previous.buffer] : []),
    ])
  }

  #start(bytes: number): void {
    let worker: Worker
    try {
      worker = new Worker(new URL('./parser-worker.js', import.meta.url), {
        name: 'hot-config parser',
        // none of the program's own hooks and settings, and nothing of its environment
        argv: [],
        execArgv: [],
        env: {},
        resourceLimits: { maxOldGenerationSizeMb: BASE_HEAP_MB + Math.ceil((bytes * HEAP_PER_BYTE) / 2 ** 20) },
      })
    } catch (error) {
      this.#fail(new WorkerUnavailableError('no thread can be started', { cause: error }))
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
        this.#fail(new WorkerUnavailableError('the thread failed', { cause: error }))
        return
      }
      // that is the text's fault, and the next text gets a thread of its own
      this.#worker = undefined
      this.#waiting?.reject(new SyntaxProblem('takes too much memory to parse'))
      this.#waiting = undefined
    })
    worker.on('exit', () => {
      if (this.#worker === worker) this.#fail(new WorkerUnavailableError('the thread ended'))
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

  /** The first failure is the one that counts. */
  #fail(error: Error): void {
    this.#failure ??= error
    this.#waiting?.reject(this.#failure)
    this.#waiting = undefined
  }
}
