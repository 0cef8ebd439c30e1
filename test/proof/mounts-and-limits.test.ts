import { execFileSync } from 'node:child_process'
import { cpSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { expect } from 'vitest'

import { hasMountNamespaces } from '../support/mount-namespace.ts'
import { randomNumbers } from '../support/random-numbers.ts'
import {
  RECHECK_MS,
  endWhole,
  isServed,
  linesSince,
  optionsFor,
  unreadable,
  useReadFolder,
  write,
} from '../support/read-outside.ts'
import { readerProcess } from '../support/reader-process.ts'
import type { Reader } from '../support/reader-process.ts'
import { proof } from './proof.ts'

const used = useReadFolder()

/** A process with mounts and limits of its own, of which it is the root. */
const WITHIN = ['unshare', '-U', '-r', '-m', '--propagation', 'private']

/** Runs a command with the mounts and the limits of a reader. */
function inside(reader: Reader, command: string): void {
  const entered = ['-t', String(reader.pid), '-U', '--preserve-credentials', '-m']
  execFileSync('nsenter', [...entered, 'sh', '-ec', command])
}

const limitWatches = (to: number): string => `echo ${to} > /proc/sys/user/max_inotify_watches`

/** Fills a disk. */
function fill(path: string): void {
  try {
    for (;;) writeFileSync(path, Buffer.alloc(4096), { flag: 'a' })
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' })
  }
}

type Step = (reader: Reader, n: number) => Promise<void>

const STEPS: readonly Step[] = [
  async function somethingEmptyIsMountedOverAVolume(reader, n) {
    await unreadable(reader, used.below, n, {
      begin: () => inside(reader, `mount -t tmpfs none ${used.below}/mounted`),
      end: () => inside(reader, `umount -l ${used.below}/mounted`),
    })
  },

  async function allIsMountedAnewAndUnmounted(reader, n) {
    inside(reader, `mount -t tmpfs none ${used.below}`)
    write(seen(reader), n)
    await reader.until(isServed(n))
    write(used.below, n)
    inside(reader, `umount -l ${used.below}`)
    await reader.until(isServed(n))
  },

  async function theDiskIsFullInAnUpdate(reader, n) {
    inside(reader, `mount -t tmpfs -o size=4m none ${used.below}`)
    // another number than before, so that what serves was read from the new disk
    const first = n - 0.5
    write(seen(reader), first)
    const before = await reader.until(isServed(first))
    const junk = join(seen(reader), 'junk')
    fill(junk)
    expect(() => write(seen(reader), n)).toThrow('ENOSPC')
    await delay(3 * RECHECK_MS)
    isServed(first)(await reader.report())
    rmSync(junk)
    write(seen(reader), n)
    const lines = linesSince(before, await reader.until(isServed(n)))
    expect(lines.filter((line) => line.startsWith('warn'))).toEqual([])
    write(used.below, n)
    inside(reader, `umount -l ${used.below}`)
    await reader.until(isServed(n))
  },

  async function noWatchIsLeftForAFolderInPlaceOfAnother(reader, n) {
    const before = await reader.until(isServed(n - 1))
    inside(reader, limitWatches(0))
    cpSync(join(used.below, 'mounted'), used.at('copy'), { recursive: true, verbatimSymlinks: true })
    renameSync(join(used.below, 'mounted'), used.at('aside'))
    renameSync(used.at('copy'), join(used.below, 'mounted'))
    rmSync(used.at('aside'), { recursive: true })
    await reader.until(({ health: { sources } }) =>
      expect(sources[0]).toMatchObject({ watching: 'recheck', updatable: true }),
    )
    write(used.below, n)
    await reader.until((report) => {
      isServed(n)(report)
      expect(linesSince(before, report).join('\n')).toMatch(/\/mounted arrive late: .*max_user_watches/)
    })
    inside(reader, limitWatches(1_000))
    await reader.until((report) => {
      for (const { warnings } of report.health.sources) expect(warnings.join()).not.toMatch(/max_user_watches/)
      const lines = linesSince(before, report)
      const begun = lines.filter((line) => /^warn: updates of .* arrive late/.test(line))
      const ended = lines.filter((line) => line.includes('no longer arrive late'))
      expect(ended).toHaveLength(begun.length)
    })
  },
]

/** The folder as the reader sees it, with its mounts. */
const seen = (reader: Reader): string => `/proc/${reader.pid}/root${used.below}`

proof(
  'mounts that come and go, full disks and exhausted limits leave the last good configuration or the newest',
  {
    proves: ['never-stale', 'never-invalid', 'no-silence', 'nothing-leaks'],
    unit: 'faults',
    small: 15,
    large: 1_500,
    isSkipped: !hasMountNamespaces,
  },
  async ({ size, seed, count }) => {
    const random = randomNumbers(seed)
    await using reader = await readerProcess({ options: optionsFor(used.below), within: WITHIN })
    const start = await reader.until(isServed(1))
    for (let n = 2; n < size + 2; n++) {
      const step = STEPS[random(STEPS.length)] as Step
      try {
        await step(reader, n)
      } catch (error) {
        const { health, lines } = await reader.report()
        throw new Error(`${n}: ${step.name}\n${JSON.stringify({ health, lines }, null, 1)}`, { cause: error })
      }
      count()
    }
    await endWhole(reader, start)
  },
)

proof(
  'a start without any inotify left serves every update, and says what it lacks',
  { proves: ['never-stale', 'no-silence'], unit: 'starts', small: 2, large: 200, isSkipped: !hasMountNamespaces },
  async ({ size, count }) => {
    for (let start = 0; start < size; start++) {
      const limit = start % 2 === 0 ? 'max_inotify_watches' : 'max_inotify_instances'
      const limited = ['sh', '-ec', `echo 0 > /proc/sys/user/${limit}; exec "$@"`, 'sh']
      await using reader = await readerProcess({ options: optionsFor(used.below), within: [...WITHIN, ...limited] })
      const n = 2 * start + 2
      write(used.below, n)
      const { lines, health } = await reader.until(isServed(n))
      expect(health.sources.map(({ watching }) => watching)).toEqual(['recheck', 'recheck', 'recheck'])
      expect(lines.filter(({ message }) => /arrive late: .*fs\.inotify\.max_user_/.test(message))).toHaveLength(3)
      await reader.close()
      count()
    }
  },
)
