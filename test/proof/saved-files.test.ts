import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, copyFileSync, linkSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { file, volume } from '@hot-config/core'
import { afterEach, beforeEach, expect, vi } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { follow } from '../support/follow.ts'
import { randomNumbers } from '../support/random-numbers.ts'
import { proof } from './proof.ts'

type Random = ReturnType<typeof randomNumbers>

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'saved-'))
})

afterEach(async () => {
  vi.restoreAllMocks()
  await rm(root, { recursive: true, force: true })
})

/** Long or short, and valid YAML wherever it is cut off. */
const documentOf = (random: Random, n: number): string =>
  `n: ${n}\n${Array.from({ length: random(3) * random(100) }, (_, line) => `k${line}: ${n}\n`).join('')}end: ${n}\n`

const has = (command: string): boolean => spawnSync(command, ['--version']).status === 0
const run = (command: string, ...args: readonly string[]): void => void execFileSync(command, args, { stdio: 'ignore' })

/** Pauses of a writer in milliseconds, which are shorter than a file has to be left alone to count as complete. */
const PAUSES = [0, 1, 3, 10]
const MAX_PAUSE_MS = 40

/** Writes a text piece by piece. @returns whether it never paused for too long, on a machine that is busy */
async function inPieces(random: Random, path: string, text: string): Promise<boolean> {
  let isQuick = true
  let before = performance.now()
  truncateSync(path)
  for (let at = 0; at < text.length;) {
    await delay(PAUSES[random(PAUSES.length)])
    const length = 1 + random(text.length)
    const start = performance.now()
    appendFileSync(path, text.slice(at, at + length))
    // from the start of one writing to the end of the next, each of which a busy disk may hold up
    isQuick &&= performance.now() - before < MAX_PAUSE_MS
    before = start
    at += length
  }
  return isQuick
}

/** How editors and tools save a file. Each says whether it may be seen half written, for a moment. */
type Save = (random: Random, path: string, text: string) => void | Promise<boolean>

const aside = (path: string, text: string): string => {
  const temporary = `${dirname(dirname(path))}/aside`
  writeFileSync(temporary, text)
  return temporary
}

const SAVES: Readonly<Record<string, Save>> = {
  'written in place': (_random, path, text) => writeFileSync(path, text),
  'written in place, piece by piece': inPieces,
  'renamed over': (_random, path, text) => renameSync(aside(path, text), path),
  'copied over': (_random, path, text) => copyFileSync(aside(path, text), path),
  'removed and written': (_random, path, text) => {
    rmSync(path)
    writeFileSync(path, text)
  },
  'moved to a backup and written': (_random, path, text) => {
    renameSync(path, `${path}~`)
    writeFileSync(path, text)
    rmSync(`${path}~`)
  },
  'a hard link in place of it': (_random, path, text) => {
    const temporary = aside(path, text)
    rmSync(path)
    linkSync(temporary, path)
    rmSync(temporary)
  },
  cp: (_random, path, text) => run('cp', aside(path, text), path),
  'cp -p': (_random, path, text) => run('cp', '-p', aside(path, text), path),
  mv: (_random, path, text) => run('mv', aside(path, text), path),
  install: (_random, path, text) => run('install', '-m', '600', aside(path, text), path),
  dd: (_random, path, text) => run('dd', `if=${aside(path, text)}`, `of=${path}`, 'bs=7'),
  'sed -i': (_random, path, text) => run('sed', '-i', '-e', `1r ${aside(path, text)}`, '-e', 'd', path),
  'sh >': (_random, path, text) => run('sh', '-c', 'cat "$1" > "$2"', 'sh', aside(path, text), path),
  ...(has('vim') && {
    vim: (_random: Random, path: string, text: string) =>
      run('vim', '-u', 'NONE', '-es', '-c', `%!cat ${aside(path, text)}`, '-c', 'wq!', path),
    'vim with a backup': (_random: Random, path: string, text: string) =>
      run(
        'vim',
        '-u',
        'NONE',
        '-es',
        '-c',
        `set backup backupcopy=no`,
        '-c',
        `%!cat ${aside(path, text)}`,
        '-c',
        'wq!',
        path,
      ),
  }),
}

/** How far the clock of the process is off, in milliseconds. */
const CLOCKS = [0, 0, -3_600_000, 3_600_000, -20, 20, -86_400_000 * 400]

async function oneFile(random: Random, folder: string, saves: number, count: () => void): Promise<void> {
  await mkdir(join(folder, 'plain'), { recursive: true })
  const path = join(folder, 'plain/app.yaml')
  writeFileSync(path, documentOf(random, 0))
  const source = random(2) === 0 ? volume(dirname(path), { ignore: ['*~'] }) : file(path)
  await using running = await follow(source, { recheckMs: 100 })
  const names = Object.keys(SAVES)
  // the way on which most can be seen
  const slowly = 'written in place, piece by piece'
  for (let n = 1; n <= saves; n++) {
    const name = random(3) === 0 ? slowly : (names[random(names.length)] as string)
    const text = documentOf(random, n)
    const before = running.served.length
    // what was written before may be complete, empty or gone for a moment, which is waited for
    const isQuick = (await SAVES[name]?.(random, path, text)) ?? true
    await eventually(() => expect(running.config.current).toMatchObject({ n, end: n }))
    if (isQuick) expect([name, running.served.length - before]).toEqual([name, 1])
    expect([name, running.config.health().lastRejection]).toEqual([name, null])
    count()
  }
}

proof(
  'every way to save a file is seen, and nothing half saved, whatever the clock says',
  { proves: ['never-torn', 'never-stale'], unit: 'saves', small: 60, large: 10_000 },
  async ({ size, seed, count }) => {
    const AT_ONCE = 4
    const EACH = 10
    const { now } = Date
    let offset = 0
    vi.spyOn(Date, 'now').mockImplementation(() => now() + offset)
    let tried = 0
    const files = async (random: Random): Promise<void> => {
      while (tried < size) {
        offset = CLOCKS[random(CLOCKS.length)] as number
        const folder = await mkdtemp(join(root, 'file-'))
        await oneFile(random, folder, EACH, () => (tried++, count()))
        await rm(folder, { recursive: true, force: true })
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => files(randomNumbers(seed + index))))
  },
)
