import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { afterEach, beforeEach, expect } from 'vitest'

import { beforeFileCalls } from '../support/failing-files.ts'
import { eventually } from '../support/eventually.ts'
import { FILE_FAULTS } from '../support/file-faults.ts'
import type { FileFault } from '../support/file-faults.ts'
import { FILE_LAYOUTS } from '../support/file-layouts.ts'
import type { FileLayout } from '../support/file-layouts.ts'
import { follow } from '../support/follow.ts'
import type { Followed } from '../support/follow.ts'
import { inotifyWatches } from '../support/inotify.ts'
import { randomNumbers } from '../support/random-numbers.ts'
import { proof } from './proof.ts'

type Random = ReturnType<typeof randomNumbers>

/** How often content is checked without a notification, in milliseconds. */
const RECHECK_MS = 50

/** How many faults one configuration meets. */
const FAULTS = 6

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'file-faults-'))
})

afterEach(() => rm(root, { recursive: true, force: true }))

const CODES = ['EIO', 'EACCES', 'ESTALE', 'ENOSPC', 'EMFILE', 'ENOTCONN', 'ENODEV', 'ELOOP', 'EPERM', 'EHOSTDOWN']

/** Below which paths calls of the system fail, and with what. */
const failing = new Map<string, string>()

function failAsTold(_call: string, path: string): void {
  for (const [below, code] of failing) {
    if (path !== below && !path.startsWith(`${below}/`)) continue
    throw Object.assign(new Error(`${code}: injected`), { code, path })
  }
}

const CALLS_FAIL: readonly FileFault[] = CODES.map((code) => ({
  name: `calls fail with ${code}`,
  happensTo: () => true,
  effect: 'unreadable',
  begin: (target) => void failing.set(target, code),
  end: (target) => void failing.delete(target),
}))

const ALL_FAULTS = [...FILE_FAULTS, ...CALLS_FAIL]

/** What one configuration goes through, one fault after another. */
async function oneLife(random: Random, folder: string, count: () => void): Promise<void> {
  const at = (path: string): string => join(folder, path)
  const layout = FILE_LAYOUTS[random(FILE_LAYOUTS.length)] as FileLayout
  const faults = ALL_FAULTS.filter(({ happensTo }) => happensTo(layout))
  const tried: string[] = [layout.name]
  let n = 1
  layout.write(at, n)
  await using running = await follow(layout.sources(at), { recheckMs: RECHECK_MS })
  try {
    for (let step = 0; step < FAULTS; step++) {
      const fault = faults[random(faults.length)] as FileFault
      tried.push(fault.name)
      n = await oneFault(random, fault, { layout, at, n, running })
      count()
    }
  } catch (error) {
    const lines = running.logger.lines.map(({ level, message }) => `${level}: ${message}`)
    const story = [tried.join(' > '), JSON.stringify(running.config.health()), ...lines].join('\n')
    throw new Error(story.replaceAll(folder, ''), { cause: error })
  }
}

interface Life {
  readonly layout: FileLayout
  readonly at: (path: string) => string
  /** What serves. */
  readonly n: number
  readonly running: Followed<unknown>
}

/** @returns what serves afterwards */
async function oneFault(random: Random, fault: FileFault, { layout, at, n, running }: Life): Promise<number> {
  const { config, logger, served, rejections } = running
  const target = at(layout.target)
  const before = { lines: logger.lines.length, served: served.length, rejections: rejections.length }
  fault.begin(target, at('aside'))
  if (fault.effect === 'unreadable') {
    const rejected = { status: 'warn', lastRejection: { at: expect.any(String) } }
    await eventually(() => expect(config.health()).toMatchObject(rejected))
    await delay(random(3) * RECHECK_MS)
  }
  expect(config.current).toEqual(layout.value(n))
  expect(served).toHaveLength(before.served)
  fault.end?.(target, at('aside'))
  const next = !fault.end || random(2) === 0 ? n + 1 : n
  if (next > n) layout.write(at, next)
  await eventually(() => {
    expect(config.current).toEqual(layout.value(next))
    expect(config.health()).toMatchObject({ status: 'pass', lastRejection: null })
  })
  const lines = logger.lines.slice(before.lines)
  if (fault.effect === 'none') expect(rejections).toHaveLength(before.rejections)
  else {
    // sources that begin or cease to fail one after the other: each line has another reason than the line before
    const reasons = lines.filter(({ level }) => level === 'warn').map(({ details }) => JSON.stringify(details))
    expect(reasons.length).toBeGreaterThan(0)
    expect(reasons.length).toBeLessThan(2 * config.health().sources.length)
    expect(reasons.filter((reason, index) => reason === reasons[index - 1])).toEqual([])
    expect(lines.filter(({ message }) => /up to date again/.test(message))).toHaveLength(1)
  }
  return next
}

/** How many configurations live at the same time: they mostly wait. */
const AT_ONCE = 8

proof(
  'whatever happens to files, the last good configuration serves, and the newest soon after',
  {
    proves: ['never-stale', 'never-invalid', 'no-silence', 'nothing-leaks'],
    unit: 'faults',
    small: 100,
    large: 15_000,
  },
  async ({ size, seed, count }) => {
    const before = inotifyWatches()
    let tried = 0
    const lives = async (random: Random): Promise<void> => {
      while (tried < size) {
        const folder = await mkdtemp(join(root, 'life-'))
        await oneLife(random, folder, () => (tried++, count()))
        await rm(folder, { recursive: true, force: true })
      }
    }
    failing.clear()
    await beforeFileCalls(failAsTold, async () => {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => lives(randomNumbers(seed + index))))
    })
    expect(inotifyWatches()).toBe(before)
  },
)
