import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { createHotConfig, file, volume, withCanary, withFallback } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import { afterEach, beforeEach, expect } from 'vitest'

import { hasAtomicWriter, writeAtomically } from '../support/atomic-writer.ts'
import { countedFiles, wholeUpdates } from '../support/counted-files.ts'
import { beforeFileCalls } from '../support/failing-files.ts'
import { eventually } from '../support/eventually.ts'
import { follow } from '../support/follow.ts'
import { randomNumbers } from '../support/random-numbers.ts'
import { readerProcess } from '../support/reader-process.ts'
import { kubeletSteps, updateAtOnce } from '../support/stepped-kubelet.ts'
import { unwatched } from '../support/unwatched.ts'
import { proof } from './proof.ts'

type Random = ReturnType<typeof randomNumbers>
type Files = Record<string, string>

/** How many files are in every update, so that sources can name them. */
const ALWAYS = 6
const NAMES = Array.from({ length: ALWAYS }, (_, index) => `a${index}.json`)

let root: string
const at = (path: string): string => join(root, path)

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'torn-'))
  await symlink(at('volume'), at('link'))
  for (const [path, first] of [
    ['volume', stableOf(randomNumbers(1), 0)],
    ['canary', canaryOf(randomNumbers(1), 0)],
  ] as const) {
    updateAtOnce(at(path), first)
  }
})

afterEach(() => rm(root, { recursive: true, force: true }))

const stableOf = (random: Random, n: number): Files => countedFiles(random, n, ALWAYS)
const canaryOf = (random: Random, n: number): Files => ({
  'hot-config.share': '100%',
  ...countedFiles(random, n, 0, 'c'),
})

const namedFiles = (): Source[] => NAMES.map((name) => file(at(`volume/${name}`)))
const missing: Source = { name: 'missing', read: async () => Promise.reject(new Error('is not there')) }

/** Ways to read one volume, and how many files each reads where that is a choice. */
const FORMS: readonly { readonly sources: () => Source[]; readonly always?: number }[] = [
  { sources: () => [volume(at('volume'))] },
  { sources: namedFiles, always: ALWAYS },
  {
    sources: () => [...namedFiles().slice(0, 3), volume(at('link'), { keys: NAMES.slice(3) })],
    always: ALWAYS,
  },
  { sources: () => [volume(at('volume'), { keys: ['a*.json'] }), volume(at('link'), { ignore: ['a*.json'] })] },
  { sources: () => [withFallback(missing, volume(at('volume')))] },
  { sources: () => namedFiles().map((source) => withFallback(source, volume(at('nowhere')))), always: ALWAYS },
  { sources: () => [withCanary(volume(at('volume')), volume(at('canary')))] },
]

/**
 * Several sources on one volume that never rests are rejected after a second in which they did not read the same update,
 * and a canary that never rests after two seconds in which it could not be read. A busy machine gets there.
 */
const IN_TIME = /did not read the same update of it within|canary: can't be read: not read within/

/** What all forms serve after these updates: the canary's last may have no file but its share. */
function lastOf(n: number, canary: Files): Record<string, number> {
  return Object.keys(canary).length > 1 ? { n, c: n } : { n }
}

/** Follows all forms. What they served and logged is not kept: a hundred thousand updates need gigabytes. */
async function followAll() {
  return Promise.all(
    FORMS.map(async ({ sources, always }) => {
      const options = { schema: wholeUpdates(always), emptied: 'accept', logger: false } as const
      const config = await createHotConfig({ ...options, sources: sources() })
      const wrong: string[] = []
      config.onReject(({ message }) => void (IN_TIME.test(message) || wrong.push(message)))
      return { config, wrong }
    }),
  )
}

proof(
  'no reader mixes updates that the kubelet writes at full speed, and a start meets none',
  {
    proves: ['never-torn', 'latest-wins', 'starts-from-last-good'],
    unit: 'updates',
    small: 200,
    large: 100_000,
    isSkipped: !hasAtomicWriter,
  },
  async ({ size, seed, count }) => {
    const running = await followAll()
    const random = randomNumbers(seed)
    let canary: Files = {}
    const written = Promise.all([
      writeAtomically(
        at('volume'),
        updates(size, (n) => stableOf(random, n)),
      ),
      writeAtomically(
        at('canary'),
        updates(size, (n) => (canary = canaryOf(random, n))),
      ),
    ])
    // in memory, since the disk is busy
    let saved: Uint8Array | undefined
    const lastGood = { load: async () => saved, save: async (bytes: Uint8Array) => void (saved = bytes) }
    let isWriting = true
    void written.finally(() => (isWriting = false))
    let starts = 0
    while (isWriting) {
      // every other start finds no volume, and starts from what an earlier one saved
      const path = starts++ % 2 === 0 ? 'volume' : 'nowhere'
      const options = { schema: wholeUpdates(), lastGood, logger: false } as const
      await using _config = await createHotConfig({ ...options, sources: volume(at(path)) })
      await delay(random(20))
    }
    await written
    for (const { config, wrong } of running) {
      const last = config.health().canary === null ? { n: size } : lastOf(size, canary)
      await eventually(() => expect(config.current).toEqual(last))
      expect(wrong).toEqual([])
      // not its status: a choice of keys that the last update has none of is a warning
      expect(config.health().lastRejection).toBeNull()
      await config.close()
    }
    expect(starts).toBeGreaterThan(0)
    count(size)
  },
)

function* updates(size: number, filesOf: (n: number) => Files): Generator<Files> {
  for (let n = 1; n <= size; n++) yield filesOf(n)
}

proof(
  'no reader mixes updates, wherever in a reading the kubelet takes its next steps',
  { proves: ['never-torn', 'latest-wins'], unit: 'readings', small: 200, large: 20_000 },
  async ({ size, seed, count }) => {
    const random = randomNumbers(seed)
    for (let tried = 0; tried < size;) {
      const form = FORMS[random(FORMS.length)] as (typeof FORMS)[number]
      const sources = form.sources().map((source) => unwatched(source))
      await using running = await follow(sources, { schema: wholeUpdates(form.always), emptied: 'accept' })
      const [n, c] = [1 + random(4), 1 + random(4)]
      const first = tried * 10
      let canary: Files = canaryOf(random, first)
      const kubelets = [
        kubeletSteps(
          at('volume'),
          updates(n, (number) => stableOf(random, first + number)),
          random(2) === 0,
        ),
        kubeletSteps(
          at('canary'),
          updates(c, (number) => (canary = canaryOf(random, first + number))),
          random(2) === 0,
        ),
      ]
      const step = stepping(random, kubelets)
      await beforeFileCalls(step, async () => {
        while (kubelets.length > 0) {
          await running.config.reload()
          tried++
          count()
          // what no call meets
          step()
        }
      })
      await running.config.reload()
      const hasCanary = running.config.health().canary !== null && Object.keys(canary).length > 1
      expect(running.config.current).toEqual(hasCanary ? { n: first + n, c: first + c } : { n: first + n })
      expect(running.rejections).toEqual([])
      expect(running.config.health().lastRejection).toBeNull()
    }
  },
)

/** Has the kubelets take some of their next steps before some of a reader's calls. */
function stepping(random: Random, kubelets: Generator<void>[]): () => void {
  let isStepping = false
  return () => {
    if (isStepping || random(3) > 0) return
    isStepping = true
    for (let steps = random([2, 5, 20, 100][random(4)] ?? 1); steps >= 0; steps--) {
      const index = random(kubelets.length + 1)
      if (kubelets[index]?.next().done) kubelets.splice(index, 1)
    }
    isStepping = false
  }
}

proof(
  'a reader that is stopped at any moment mixes no updates, and serves the last when it continues',
  {
    proves: ['never-torn', 'latest-wins'],
    unit: 'updates',
    small: 200,
    large: 20_000,
    isSkipped: !hasAtomicWriter || process.platform !== 'linux',
  },
  async ({ size, seed, count }) => {
    const random = randomNumbers(seed)
    await using reader = await readerProcess({
      options: `{ sources: volume(${JSON.stringify(at('volume'))}), schema: (${String(wholeUpdates)})() }`,
    })
    let isWriting = true
    const written = writeAtomically(
      at('volume'),
      updates(size, (n) => stableOf(random, n)),
    )
    void written.finally(() => (isWriting = false))
    while (isWriting) {
      await delay(random(10))
      reader.signal('SIGSTOP')
      await delay(random(30))
      reader.signal('SIGCONT')
    }
    await written
    const { rejections, unhandled } = await reader.until(({ current }) => expect(current).toEqual({ n: size }))
    expect({ rejections, unhandled }).toEqual({ rejections: [], unhandled: [] })
    count(size)
  },
)
