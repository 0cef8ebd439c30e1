import { setTimeout as delay } from 'node:timers/promises'

import type { Answer, Question, Questions } from './heavy-app.ts'
import { documentsOf } from './heavy-document.ts'
import type { FormatName, SchemaName } from './heavy-document.ts'
import { Child } from './server-child.ts'
import { Volume } from './volume.ts'

/** What writing an update holds up, in the process that sends the load, is over after this. */
const SETTLE_MS = 100

/** A server in a process of its own, whose configuration is one document of almost 1 MiB, and the volume it follows. */
export class HeavyServer implements AsyncDisposable {
  readonly port: number
  readonly #volume: Volume
  readonly #documentOf: (count: number) => string
  readonly #file: string
  readonly #child: Child<number, Answer>
  #made = 0

  private constructor(
    file: string,
    volume: Volume,
    documentOf: (count: number) => string,
    child: Child<number, Answer>,
  ) {
    this.#file = file
    this.#volume = volume
    this.#documentOf = documentOf
    this.#child = child
    this.port = child.hello
  }

  /** @param wrapper a command that runs it, such as `taskset` */
  static async start(
    format: FormatName,
    schema: SchemaName = 'none',
    wrapper: readonly string[] = [],
  ): Promise<HeavyServer> {
    const volume = new Volume()
    const documentOf = documentsOf(format)
    const file = `app.${format}`
    volume.update({ [file]: documentOf(0) })
    try {
      const child = await Child.start<number, Answer>('heavy-app', [format, volume.path, schema], wrapper)
      return new HeavyServer(file, volume, documentOf, child)
    } catch (error) {
      volume.remove()
      throw error
    }
  }

  /** Writes an update, to be published by {@link HeavyServer.swap}. @returns its count */
  async prepare(): Promise<number> {
    this.#volume.prepare({ [this.#file]: this.#documentOf(++this.#made) })
    await delay(SETTLE_MS)
    return this.#made
  }

  /** @returns when it was published, by `performance.now()` of this process */
  swap(): number {
    return this.#volume.swap()
  }

  async ask<Q extends keyof Questions>(question: Q): Promise<Questions[Q]> {
    return (await this.#put(question)) as Questions[Q]
  }

  /** @returns when a count could be read, by the clock that processes share */
  async whenSeen(count: number): Promise<number> {
    return (await this.#put({ seen: count })) as number
  }

  /** Has a worker with the niceness of the parser's spin in it, and waits until it is over. */
  async spin(ms: number): Promise<void> {
    await this.#put({ spinMs: ms })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]()
    this.#volume.remove()
  }

  async #put(question: Question): Promise<Answer> {
    return await this.#child.ask(question)
  }
}
