import { setImmediate } from 'node:timers/promises'

import { oncePerTurn } from '../async/once-per-turn.js'
import { SourceReader } from './source-reader.js'
import type { ReadResult } from './source-reader.js'
import { watchAll } from './watch-all.js'
import type { Reading, Source, VolumeUpdate, Watch } from './source.js'

/** The state of one source, for the health report. */
export interface SourceState {
  readonly name: string
  /** The last reading, or `undefined` when that failed. */
  readonly reading: Reading | undefined
  /** The error of the last reading, or `undefined` when that succeeded. */
  readonly error: unknown
  /** The time at which a reading in progress started, in milliseconds since the epoch. */
  readonly readingSince: number | undefined
  readonly watch: Watch | undefined
}

/** How long sources on one volume are read again to get the same update of it, in milliseconds. */
const SAME_UPDATE_MS = 1_000

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
   * Reads all sources at the same time. All entries from one volume come from the same update. A volume that is updated
   * without pause would hold up the check for ever, so its sources fail after a second.
   *
   * @throws the reason of `signal`
   */
  async read(signal: AbortSignal): Promise<ReadResult[]> {
    let results = await Promise.all(this.#readers.map((reader) => reader.read(signal)))
    let torn = tornVolumes(results)
    const until = performance.now() + SAME_UPDATE_MS
    while (torn.size > 0 && performance.now() < until) {
      // Lets the event loop turn, so that constant updates of a volume do not block everything else. Before the readings:
      // one that fails while nobody awaits it would end the process.
      await setImmediate()
      const again = this.#readers.map(async (reader, index) => {
        const result = results[index] as ReadResult
        return tornIn(result, torn) ? reader.read(signal) : result
      })
      results = await Promise.all(again)
      torn = tornVolumes(results)
    }
    return torn.size > 0 ? results.map((result) => withoutTorn(result, torn)) : results
  }

  /** Calls `changed` when one of the sources may have changed. */
  watch(recheckMs: number, changed: () => void): void {
    this.#changed = changed
    const isOne = this.#sources.filter((source) => source.watch !== undefined).length === 1
    // Each source on a volume notices its update, but one check for all of them is enough.
    const noticed = isOne ? changed : oncePerTurn(() => this.#changed())
    this.#watches = watchAll(this.#sources, (_source, index) => ({
      recheckMs,
      lastStamp: () => this.#readers[index]?.last?.stamp,
      changed: noticed,
    }))
  }

  /** Stops watching. */
  close(): void {
    const watches = this.#watches
    this.#watches = []
    this.#changed = () => undefined
    for (const watch of watches) watch?.close()
  }

  get states(): SourceState[] {
    return this.#readers.map((reader, index) => ({
      name: reader.name,
      reading: reader.last,
      error: reader.error,
      readingSince: reader.runningSince,
      watch: this.#watches[index],
    }))
  }

  /** The revision of each source, or `undefined` for a source that could not be read. */
  get revisions(): readonly (string | undefined)[] {
    return this.#readers.map(({ last }) => last?.revision)
  }
}

function volumesOf(result: ReadResult): readonly VolumeUpdate[] {
  return ('reading' in result && result.reading.volumes) || []
}

/** The folders of volumes from which different updates were read. */
function tornVolumes(results: readonly ReadResult[]): ReadonlySet<string> {
  const updates = new Map<string, string>()
  const torn = new Set<string>()
  for (const { folder, update } of results.flatMap(volumesOf)) {
    if (updates.has(folder) && updates.get(folder) !== update) torn.add(folder)
    updates.set(folder, update)
  }
  return torn
}

function tornIn(result: ReadResult, torn: ReadonlySet<string>): string | undefined {
  return volumesOf(result).find(({ folder }) => torn.has(folder))?.folder
}

function withoutTorn(result: ReadResult, torn: ReadonlySet<string>): ReadResult {
  const folder = tornIn(result, torn)
  if (folder === undefined) return result
  const message = `sources on the volume ${folder} did not read the same update of it within ${SAME_UPDATE_MS} ms`
  return { name: result.name, error: new Error(message) }
}
