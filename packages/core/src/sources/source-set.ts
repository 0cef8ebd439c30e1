import { watchAll } from './watch-all.js'
import type { Reading, Source, VolumeUpdate, Watch } from './source.js'

/** What reading one source came to. */
export type ReadResult =
  | { readonly name: string; readonly reading: Reading }
  | { readonly name: string; readonly error: unknown }

/** What is known of one source, for the health report. */
export interface SourceState {
  readonly name: string
  /** The last reading, `undefined` when that failed. */
  readonly reading: Reading | undefined
  readonly watch: Watch | undefined
}

/** The sources of a configuration: reads and watches all of them, and keeps the last reading of each. */
export class SourceSet {
  readonly #sources: readonly Source[]
  readonly #readings: (Reading | undefined)[]
  #watches: readonly (Watch | undefined)[] = []

  constructor(sources: readonly Source[]) {
    this.#sources = sources
    this.#readings = sources.map(() => undefined)
  }

  /**
   * Reads all sources at the same time. What comes from one volume comes from one update of it.
   *
   * @throws the reason of `signal`
   */
  async read(signal: AbortSignal): Promise<ReadResult[]> {
    let results = await Promise.all(this.#sources.map((source, index) => this.#readOne(source, index, signal)))
    for (let torn = tornVolumes(results); torn.size > 0; torn = tornVolumes(results)) {
      const isTorn = (result: ReadResult): boolean => volumesOf(result).some(({ folder }) => torn.has(folder))
      const again = (source: Source, index: number): ReadResult | Promise<ReadResult> => {
        const result = results[index] as ReadResult
        return isTorn(result) ? this.#readOne(source, index, signal) : result
      }
      results = await Promise.all(this.#sources.map(again))
    }
    return results
  }

  async #readOne(source: Source, index: number, signal: AbortSignal): Promise<ReadResult> {
    try {
      const reading = await source.read(signal)
      this.#readings[index] = reading
      // asked for now: a fallback has the name of the source that serves
      return { name: source.name, reading }
    } catch (error) {
      signal.throwIfAborted()
      // not earlier: while a source is being read, health reports the reading before
      this.#readings[index] = undefined
      return { name: source.name, error }
    }
  }

  /** Calls `changed` when one of the sources may have changed. */
  watch(recheckMs: number, changed: () => void): void {
    this.#watches = watchAll(this.#sources, (_source, index) => ({
      recheckMs,
      lastStamp: () => this.#readings[index]?.stamp,
      changed,
    }))
  }

  /** Stops watching. */
  close(): void {
    for (const watch of this.#watches) watch?.close()
    this.#watches = []
  }

  get states(): SourceState[] {
    return this.#sources.map(({ name }, index) => ({
      name,
      reading: this.#readings[index],
      watch: this.#watches[index],
    }))
  }

  /** The revision of each source, `undefined` for one that could not be read. */
  get revisions(): readonly (string | undefined)[] {
    return this.#readings.map((reading) => reading?.revision)
  }
}

function volumesOf(result: ReadResult): readonly VolumeUpdate[] {
  return ('reading' in result && result.reading.volumes) || []
}

/** The volumes of which several updates were read. */
function tornVolumes(results: readonly ReadResult[]): ReadonlySet<string> {
  const updates = new Map<string, string>()
  const torn = new Set<string>()
  for (const { folder, update } of results.flatMap(volumesOf)) {
    if (updates.has(folder) && updates.get(folder) !== update) torn.add(folder)
    updates.set(folder, update)
  }
  return torn
}
