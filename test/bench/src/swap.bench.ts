import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { createHotConfig } from '@hot-config/core'

import { inotifyWatches } from '../../support/inotify.ts'
import { compare, count, median, quantile } from './measure.ts'
import type { Row } from './measure.ts'
import { Sightings } from './sightings.ts'
import type { Order } from './swap-app.ts'
import { NEVER_MS, bare, hotConfig, peers } from './swap-peers.ts'
import type { Follow } from './swap-peers.ts'
import { Volume } from './volume.ts'

const WARM_UP = 500
const SWAPS = 2_000
const PEER_WARM_UP = 5
const PEER_SWAPS = 30
const PEER_START_MS = 2_000
const PEER_PAUSE_MS = 100

/** Of each kind: one by one, and in bursts. */
const WATCHED_SWAPS = 5_000
const BURSTS = [3, 12, 5, 8, 4, 10, 6, 7, 11, 9]

/** So long after a swap the folder before is removed, which must not hold up who is fast. */
const REMOVED_MS = 2
/** An update that is not readable after this time counts as missed. */
const MISSED_MS = 1_000
const FILES = 1_000
const FLOOR = 'bare fs.watch, read and JSON.parse'

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

async function measureLatency(): Promise<Row[]> {
  const [ours, floor] = [await enter(hotConfig), await enter(bare)]
  await race([ours, floor], WARM_UP, SWAPS)
  const what = 'rename of ..data to new value readable'
  const p99 = (samples: readonly number[]): number => quantile(samples, 0.99) / median(floor.samples)
  return [
    compare(what, ours.samples, FLOOR, floor.samples, 'ms', { atMost: 1.5 }),
    count(`${what}: p99`, p99(ours.samples), 'x', { atMost: 5 }, `median of ${FLOOR}`),
    count(`${FLOOR}: p99`, p99(floor.samples), 'x', undefined, 'its own median'),
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

/** Updates that another process makes: one by one, and in bursts of which the last has to be served. */
async function countMissed(): Promise<Row[]> {
  const writer = fork(fileURLToPath(new URL('swap-app.js', import.meta.url)))
  const [path] = (await once(writer, 'message')) as [string]
  const sightings = new Sightings()
  const stop = await hotConfig(path, (seen) => {
    sightings.saw(seen)
  })
  let last = 0
  /** @returns how often the last of so many was missed */
  const publish = async (swaps: number): Promise<number> => {
    const order: Order = { from: last, to: last + swaps }
    writer.send(order)
    last = order.to
    return (await sightings.when(last, MISSED_MS)) === undefined ? 1 : 0
  }
  let [missed, missedBursts, bursts] = [0, 0, 0]
  while (last < WATCHED_SWAPS) missed += await publish(1)
  for (; last < 2 * WATCHED_SWAPS; bursts++) missedBursts += await publish(BURSTS[bursts % BURSTS.length] ?? 3)
  const exited = once(writer, 'exit')
  writer.disconnect()
  await exited
  await stop()
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
