import { closeSync, openSync, readSync, readdirSync, readlinkSync, watch } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { createHotConfig } from '@hot-config/core'
import type { HotConfig, ReloadResult } from '@hot-config/core'

import { compare, count } from './measure.ts'
import type { Row } from './measure.ts'
import { rounds } from './rounds.ts'
import { Sightings } from './sightings.ts'
import { MAX_FILE_BYTES, Volume } from './volume.ts'

const WARM_UP = rounds(20, 8)
const UPDATES = rounds(80, 16)
const RELOADS = rounds(300, 100)
const FILES = 1_000
const WITHIN_MS = 10_000
/** No look but the one that is measured. */
const NEVER_MS = 3_600_000

const FLOOR = 'reading the files bare'
const WATCHED_FLOOR = `fs.watch and ${FLOOR}`

type Files = Readonly<Record<string, string>>

/**
 * Large volumes. An update is a new folder with every file written anew, whatever changed: all have to be read.
 *
 * The floor is the least that has to be done for it: the link, the list of the folder, and one open, read and close for
 * each file, synchronously, into memory of its own that is kept; no look at what kind of file it is. What begins at a swap
 * is compared with that after a bare watch.
 */
export default async function folder(): Promise<Row[]> {
  const many = `${FILES} files`
  const changing = await measureUpdates(manyFiles, 'changed')
  if (changing.parsed !== UPDATES) throw new Error(`${changing.parsed} files were parsed, expected ${UPDATES}`)
  const { samples, floors } = changing
  const rows = [
    compare(`${many}, one changed: swap to readable`, samples, WATCHED_FLOOR, floors, 'ms', { atMost: 1.5 }),
  ]
  for (const [what, files, atMost] of [
    [many, manyFiles(0), 1.2],
    ['one JSON file of 1 MiB', largeFile(), 2],
  ] as const) {
    const [swaps, reloads] = [await measureUpdates(() => files, 'unchanged'), await measureReloads(files)]
    const row = (how: string, { samples, floors }: Measured, floor: string): Row =>
      compare(`${what}, same bytes: ${how}`, samples, floor, floors, 'ms', { atMost })
    const parsed = swaps.parsed + reloads.parsed
    const checks = `${UPDATES + RELOADS} checks`
    rows.push(row('swap to counted', swaps, WATCHED_FLOOR), row('reload()', reloads, FLOOR))
    rows.push(count(`${what}, same bytes: files parsed`, parsed, '', { atMost: 0 }, checks))
  }
  return rows
}

interface Measured {
  readonly samples: readonly number[]
  readonly floors: readonly number[]
  /** How many files were parsed meanwhile. */
  readonly parsed: number
}

/** From the rename of `..data` to the end of the reload that it brings, against bare reading that another one brings. */
async function measureUpdates(filesOf: (value: number) => Files, expected: ReloadResult): Promise<Measured> {
  const [ours, bare] = [new Volume(), new Volume()]
  for (const volume of [ours, bare]) volume.update(filesOf(0))
  const sightings = new Sightings()
  const config = await start(ours)
  let value = 0
  config.onReload(({ result }) => {
    if (result === expected) sightings.saw(value)
  })
  let files = filesOf(0)
  const readings = new Sightings()
  const watcher = watch(bare.path, (_event, name) => {
    if (name !== '..data') return
    timeReading(bare, files)
    readings.saw(value)
  })
  const samples: number[] = []
  const floors: number[] = []
  let warm = 0
  while (value < WARM_UP + UPDATES) {
    if (value === WARM_UP) warm = parses
    files = filesOf(++value)
    ours.prepare(files)
    // what else changes in the folder is told of as well: not while the clock runs
    await delay(1)
    const swapped = ours.swap()
    const ended = await sightings.when(value, WITHIN_MS)
    if (ended === undefined) throw new Error(`an update did not come to be ${expected}`)
    bare.prepare(files)
    await delay(1)
    const swappedBare = bare.swap()
    const read = await readings.when(value, WITHIN_MS)
    if (read === undefined) throw new Error('an update was not read')
    if (value <= WARM_UP) continue
    samples.push(ended - swapped)
    floors.push(read - swappedBare)
  }
  const parsed = parses - warm
  watcher.close()
  await config.close()
  for (const volume of [ours, bare]) volume.remove()
  return { samples, floors, parsed }
}

/** What `reload()` takes when the volume holds what it held, against bare reading of the same files. */
async function measureReloads(files: Files): Promise<Measured> {
  const volume = new Volume()
  volume.update(files)
  const config = await start(volume)
  const samples: number[] = []
  const floors: number[] = []
  let warm = 0
  for (let round = -WARM_UP; round < RELOADS; round++) {
    if (round === 0) warm = parses
    const started = performance.now()
    const result = await config.reload()
    const elapsed = performance.now() - started
    if (result !== 'unchanged') throw new Error(`a reload of the same bytes was ${result}`)
    const floor = timeReading(volume, files)
    if (round < 0) continue
    samples.push(elapsed)
    floors.push(floor)
  }
  const parsed = parses - warm
  await config.close()
  volume.remove()
  return { samples, floors, parsed }
}

function start({ path }: Volume): Promise<HotConfig<Record<string, unknown>>> {
  return createHotConfig({ sources: path, recheckMs: NEVER_MS, logger: false })
}

let parses = 0
const parse = JSON.parse
// what is parsed can only be seen from here
JSON.parse = (...given) => {
  parses++
  return parse(...given) as unknown
}

/** Kept, as they are by whoever compares them with the next. */
let kept: Buffer[] = []

function timeReading({ path }: Volume, files: Files): number {
  const size = Math.max(...Object.values(files).map((text) => text.length))
  const started = performance.now()
  const folder = join(path, readlinkSync(join(path, '..data')))
  kept = readdirSync(folder).map((name) => {
    const bytes = Buffer.allocUnsafeSlow(size)
    const file = openSync(join(folder, name), 'r')
    const length = readSync(file, bytes, 0, size, 0)
    closeSync(file)
    return bytes.subarray(0, length)
  })
  const elapsed = performance.now() - started
  if (kept.length !== Object.keys(files).length) throw new Error('files are missing')
  return elapsed
}

/** The first one holds the value. */
function manyFiles(value: number): Files {
  return Object.fromEntries(
    Array.from({ length: FILES }, (_, index) => {
      const section = `section-${String(index).padStart(4, '0')}`
      const values = { count: index === 0 ? value : 0, name: section, tags: ['a', 'b'], note: 'x'.repeat(100) }
      return [`${section}.json`, JSON.stringify({ [section]: values })]
    }),
  )
}

function largeFile(): Files {
  const note = 'x'.repeat(70)
  const sections = Object.fromEntries(
    Array.from({ length: 9_000 }, (_, index) => [`section-${index}`, { count: index, note }]),
  )
  const text = JSON.stringify(sections)
  return { 'app.json': text.padEnd(MAX_FILE_BYTES) }
}
