import { setTimeout as delay } from 'node:timers/promises'

import { createHotConfig } from '@hot-config/core'

import { inotifyWatches } from '../../support/inotify.ts'
import { compare, count, median, quantile } from './measure.ts'
import type { Goal, Row } from './measure.ts'
import { rounds } from './rounds.ts'
import { shared } from './clock.ts'
import { Child } from './server-child.ts'
import { Sightings } from './sightings.ts'
import type { Order } from './swap-app.ts'
import { NEVER_MS, bare, hotConfig, peers, sameCalls } from './swap-peers.ts'
import type { Follow } from './swap-peers.ts'
import { Volume } from './volume.ts'

const WARM_UP = rounds(500, 150)
const SWAPS = rounds(2_000, 300)
/** Updates come apart, and whoever waits for one sleeps. Up to so long, at random. */
const PAUSE_MS = 10
const PEER_WARM_UP = 5
const PEER_SWAPS = rounds(30, 12)
const PEER_START_MS = 2_000
const PEER_PAUSE_MS = 100

/** Of each kind: one by one, and in bursts. */
const WATCHED_SWAPS = rounds(5_000, 1_500)
const BURSTS = [3, 12, 5, 8, 4, 10, 6, 7, 11, 9]

/** So long after a swap the folder before is removed, which must not hold up who is fast. */
const REMOVED_MS = 2
/** An update that is not readable after this time counts as missed. */
const MISSED_MS = 1_000
const FILES = 1_000
const FLOOR = 'bare fs.watch, read and JSON.parse'
const SAME_CALLS = 'a loop that makes the same system calls'
const SAME_CALLS_GOAL: Goal = { atMost: 2 }

/** Against the bare loop, Node 24 is what figures are judged on. */
const isJudged = Number.parseInt(process.versions.node, 10) >= 24

/** From the rename of `..data` to the new value being readable, in a volume of one small file. */
export default async function swap(): Promise<Row[]> {
  return [...(await measureLatency()), ...(await countMissed()), await countWatches(), ...(await measurePeers())]
}

interface Contestant {
  readonly volume: Volume
  readonly sightings: Sightings
  readonly samples: number[]
  missed: number
  readonly stop: () => unknown
}

async function enter(follow: Follow): Promise<Contestant> {
  const [volume, sightings] = [new Volume(), new Sightings()]
  volume.update(contentOf(0))
  const stop = await follow(volume.path, (seen) => {
    sightings.saw(seen)
  })
  return { volume, sightings, samples: [], missed: 0, stop }
}

function contentOf(value: number): Record<string, string> {
  return { 'app.json': JSON.stringify({ count: value }) }
}

/**
 * Swaps in turns, one at a time, and waits for each to be seen.
 *
 * @param pauseMs up to so long, at random, before each swap: who looks at intervals must not meet a rhythm
 */
async function race(
  contestants: readonly Contestant[],
  warmUp: number,
  swaps: number,
  pauseMs: number = 0,
): Promise<void> {
  for (let value = 1; value <= warmUp + swaps; value++) {
    for (const contestant of contestants) {
      contestant.volume.prepare(contentOf(value))
      // what else changes in the folder is told of as well: not while the clock runs
      await delay(1 + Math.random() * pauseMs)
      const swapped = contestant.volume.swap()
      // the folder before goes, as it does with the kubelet: some only notice that
      const removed = delay(REMOVED_MS).then(() => {
        contestant.volume.discard()
      })
      const seen = await contestant.sightings.when(value, MISSED_MS)
      await removed
      if (value <= warmUp) continue
      if (seen === undefined) contestant.missed++
      else contestant.samples.push(seen - swapped)
    }
  }
  for (const { stop, volume } of contestants) {
    await stop()
    volume.remove()
  }
}

/** Updates of another process, which is what the kubelet is. */
async function measureLatency(): Promise<Row[]> {
  await using theirs = await Follower.start(bare)
  await using equal = await Follower.start(sameCalls)
  await using ours = await Follower.start(hotConfig)
  for (let round = 0; round < WARM_UP + SWAPS; round++) {
    for (const follower of [ours, theirs, equal]) {
      await delay(Math.random() * PAUSE_MS)
      const latency = await follower.publish(1)
      if (latency === undefined) throw new Error('an update was missed')
      if (round >= WARM_UP) follower.samples.push(latency)
    }
  }
  const what = 'rename of ..data to new value readable'
  const [mine, floor] = [ours.samples, theirs.samples]
  const p99 = (samples: readonly number[]): number => quantile(samples, 0.99) / median(floor)
  return [
    compare(what, mine, FLOOR, floor, 'ms', isJudged ? { atMost: 1.5 } : undefined),
    count(`${what}: p99`, p99(mine), 'x', isJudged ? { atMost: 4 } : undefined, `median of ${FLOOR}`),
    count(`${FLOOR}: p99`, p99(floor), 'x', undefined, 'its own median'),
    compare(what, mine, SAME_CALLS, equal.samples, 'ms', SAME_CALLS_GOAL),
    ...(await measureOwnUpdates()),
  ]
}

/** Updates that the process makes itself: nothing sleeps, nothing wakes, and what is left is the work. */
async function measureOwnUpdates(): Promise<Row[]> {
  const [ours, floor, equal] = [await enter(hotConfig), await enter(bare), await enter(sameCalls)]
  await race([ours, floor, equal], WARM_UP, SWAPS)
  const what = 'the same, renamed by the process itself'
  return [
    compare(what, ours.samples, FLOOR, floor.samples, 'ms'),
    compare(what, ours.samples, SAME_CALLS, equal.samples, 'ms', SAME_CALLS_GOAL),
  ]
}

async function measurePeers(): Promise<Row[]> {
  const floor = await enter(bare)
  const others = new Map<string, Contestant>()
  for (const [name, follow] of Object.entries(peers)) others.set(name, await enter(follow))
  // not all of them tell when they have begun to watch
  await delay(PEER_START_MS)
  await race([floor, ...others.values()], PEER_WARM_UP, PEER_SWAPS, PEER_PAUSE_MS)
  return [...others].flatMap(([name, { samples, missed }]) => [
    ...(samples.length > 0 ? [compare(`the same by ${name}`, samples, FLOOR, floor.samples, 'ms')] : []),
    count(`updates missed by ${name}`, missed, `of ${PEER_SWAPS}`),
  ])
}

/** Follows a volume whose updates another process makes. */
class Follower implements AsyncDisposable {
  readonly samples: number[] = []
  readonly #writer: Child<string, number>
  readonly #sightings = new Sightings()
  #stop: () => unknown = () => undefined
  #last = 0

  private constructor(writer: Child<string, number>) {
    this.#writer = writer
  }

  static async start(follow: Follow): Promise<Follower> {
    const follower = new Follower(await Child.start<string, number>('swap-app', []))
    follower.#stop = await follow(follower.#writer.hello, (seen) => {
      follower.#sightings.saw(seen)
    })
    return follower
  }

  /** @returns how long after its rename the last of so many updates was seen, in milliseconds; `undefined` when missed */
  async publish(swaps: number): Promise<number | undefined> {
    const order: Order = { from: this.#last, to: this.#last + swaps }
    this.#last = order.to
    const [swapped, seen] = await Promise.all([
      this.#writer.ask({ ...order }),
      this.#sightings.when(order.to, MISSED_MS),
    ])
    return seen === undefined ? undefined : shared(seen) - swapped
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop()
    await this.#writer.end()
  }
}

/** One by one, and in bursts of which the last has to be served. */
async function countMissed(): Promise<Row[]> {
  await using follower = await Follower.start(hotConfig)
  let [missed, missedBursts, bursts] = [0, 0, 0]
  const misses = async (swaps: number): Promise<number> => ((await follower.publish(swaps)) === undefined ? 1 : 0)
  for (let swaps = 0; swaps < WATCHED_SWAPS; swaps++) missed += await misses(1)
  for (let swaps = 0; swaps < WATCHED_SWAPS; bursts++) {
    const burst = BURSTS[bursts % BURSTS.length] ?? 3
    missedBursts += await misses(burst)
    swaps += burst
  }
  return [
    count('updates missed, one by one', missed, `of ${WATCHED_SWAPS}`, { atMost: 0 }),
    count(
      'last updates missed, in bursts of 3 to 12',
      missedBursts,
      `of ${bursts}`,
      { atMost: 0 },
      `${WATCHED_SWAPS} swaps`,
    ),
  ]
}

async function countWatches(): Promise<Row> {
  const volume = new Volume()
  volume.update(Object.fromEntries(Array.from({ length: FILES }, (_, index) => [`key-${index}`, String(index)])))
  const before = inotifyWatches()
  const config = await createHotConfig({ sources: volume.path, recheckMs: NEVER_MS, logger: false })
  const watches = inotifyWatches() - before
  await config.close()
  volume.remove()
  return count('inotify watches on a volume', watches, '', { atMost: 1, atLeast: 1 }, `${FILES} files`)
}
