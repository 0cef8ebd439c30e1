import { SourceReader } from './source-reader.js'
import type { ReadResult } from './source-reader.js'
import { watchAll } from './watch-all.js'
import type { Reading, Source, Watch } from './source.js'

/** What is known of one source, for the health report. */
export interface SourceState {
  readonly name: string
  /** The last reading, `undefined` when that failed. */
  readonly reading: Reading | undefined
  /** Since when the source is being read, in milliseconds since the epoch, where that takes long. */
  readonly readingSince: number | undefined
  readonly watch: Watch | undefined
}

/** The sources of a configuration: reads and watches all of them. */
export class SourceSet {
  readonly #sources: readonly Source[]
  readonly #readers: readonly SourceReader[]
  #watches: readonly (Watch | undefined)[] = []
  #changed = (): void => undefined

  constructor(sources: readonly Source[]) {
    this.#sources = sources
    this.#readers = sources.map((source) => new SourceReader(source, () => this.#changed()))
  }

  /**
   * Reads all sources at the same time.
   *
   * @throws the reason of `signal`
   */
  async read(signal: AbortSignal): Promise<ReadResult[]> {
    return Promise.all(this.#readers.map((reader) => reader.read(signal)))
  }

  /** Calls `changed` when one of the sources may have changed. */
  watch(recheckMs: number, changed: () => void): void {
    this.#changed = changed
    this.#watches = watchAll(this.#sources, (_source, index) => ({
      recheckMs,
      lastStamp: () => this.#readers[index]?.last?.stamp,
      changed,
    }))
  }

  /** Stops watching. */
  close(): void {
    const watches = this.#watches
    this.#watches = []
    this.#changed = () => undefined
    for (const watch of watches) {
      try {
        watch?.close()
      } catch {
        // one that fails must not keep the others open
      }
    }
  }

  get states(): SourceState[] {
    return this.#readers.map((reader, index) => ({
      name: reader.name,
      reading: reader.last,
      readingSince: reader.runningSince,
      watch: this.#watches[index],
    }))
  }

  /** The revision of each source, `undefined` for one that could not be read. */
  get revisions(): readonly (string | undefined)[] {
    return this.#readers.map(({ last }) => last?.revision)
  }
}
