import { setTimeout as delay } from 'node:timers/promises'

import { createConfigMapVolume } from '@hot-config/testing'

import { startFakeApiServer } from '../../support/fake-api-server.ts'
import { FaultyApi } from '../../support/faulty-api.ts'
import { randomNumbers } from '../../support/random-numbers.ts'
import { growthOf } from './growth.ts'
import { FRAMEWORKS, SoakApp } from './soak-app.ts'
import type { Framework, Measured } from './soak-app.ts'
import { SoakApi } from './soak-api.ts'
import { SoakUpdates, untilAll } from './soak-updates.ts'
import { SteadyLoad } from './steady-load.ts'

/** What was measured of all apps at one moment. */
interface Sample {
  readonly atS: number
  readonly apps: Readonly<Record<Framework, Measured & { readonly answered: number; readonly failed: number }>>
}

/** Bytes of the heap, open files, and handles that keep the process alive. */
type Growth = Readonly<Record<'heapUsed' | 'fds' | 'handles', number>>

/** What a soak found. */
export interface SoakReport {
  readonly seed: number
  readonly minutes: number
  readonly startedAt: string
  readonly samples: readonly Sample[]
  /** Requests that were answered, that a bad value failed before its take-back, and that failed in any other way. */
  readonly requests: { readonly answered: number; readonly spoiled: number; readonly failed: number }
  /** Requests that failed in another way, warnings of Node and unhandled rejections: there must be none. */
  readonly problems: readonly string[]
  /** How often each thing happened to the volumes and to the API. */
  readonly happened: Readonly<Record<string, number>>
}

const LONG_S = 600

/** How much of each an app may grow by within the second half of a run. A short one has not warmed up, and few samples. */
export function maxGrowth(seconds: number): Growth {
  const isLong = seconds >= LONG_S
  return { heapUsed: (isLong ? 2 : 32) * 1024 * 1024, fds: isLong ? 4 : 16, handles: isLong ? 4 : 16 }
}

const SAMPLES = 240
const MIN_SAMPLE_S = 0.5
const PAUSE_MS = 200

/** Waits that are short, since a soak has many faults in little time. */
const TIMING = {
  requestTimeoutMs: 2_000,
  answerMs: 3_000,
  watchOpenMs: 1_200,
  listMs: 500,
  watchMs: 3_000,
  silenceMs: 1_500,
  probeAfterMs: 500,
  probeMs: 800,
  backoffMs: 50,
  backoffMaxMs: 500,
  briefMs: 100,
  retryAfterMaxMs: 1_000,
  staleMs: 1_500,
}

/**
 * Runs an app on each framework under steady load, while updates, faults of the API and rebuilds of a resource go on.
 * What happens is random, by the seed.
 *
 * @throws {Error} when an app does not do in time what an update asks for, or does not end by itself
 */
export async function soak(seconds: number, seed: number): Promise<SoakReport> {
  await using api = await FaultyApi.start(startFakeApiServer)
  await using stable = await createConfigMapVolume()
  await using canary = await createConfigMapVolume()
  await SoakUpdates.begin(stable, canary)
  const objects = new SoakApi(api)
  await objects.begin()
  const { map, credentials } = objects
  const settings = { stable: stable.path, canary: canary.path, api: api.options, map, credentials, timing: TIMING }
  const apps: SoakApp[] = []
  try {
    for (const framework of FRAMEWORKS) apps.push(await SoakApp.start(framework, settings))
    const report = await run(apps, new SoakUpdates(stable, canary, apps), objects, seconds, seed)
    for (const app of apps) await app.close()
    return report
  } finally {
    await Promise.all(apps.map((app) => app[Symbol.asyncDispose]()))
  }
}

async function run(
  apps: readonly SoakApp[],
  updates: SoakUpdates,
  objects: SoakApi,
  seconds: number,
  seed: number,
): Promise<SoakReport> {
  const startedAt = new Date()
  const began = performance.now()
  const elapsedS = (): number => (performance.now() - began) / 1_000
  const loads = new Map(apps.map((app) => [app, new SteadyLoad(app.port)]))
  const samples: Sample[] = []
  const happened: Record<string, number> = {}

  const sample = async (): Promise<void> => {
    const atS = elapsedS()
    const measured = await Promise.all(
      Array.from(loads, async ([app, { answered, failed }]) => {
        return [app.framework, { ...(await app.ask('measure')), answered, failed }] as const
      }),
    )
    samples.push({ atS, apps: Object.fromEntries(measured) as Sample['apps'] })
  }
  /** Has one thing after the other happen until the time is over. */
  const repeat = async (step: () => Promise<string>, pauseMs: () => number): Promise<void> => {
    while (elapsedS() < seconds) {
      const name = await step()
      happened[name] = (happened[name] ?? 0) + 1
      await delay(pauseMs())
    }
  }

  const [ofVolumes, ofApi] = [randomNumbers(seed), randomNumbers(seed + 1)]
  // at least this, however short the run is
  let kinds: string[] = ['taken back']
  /** The guard starts to count again with each update. One that must be taken back is left alone until it is. */
  let takenBack: Promise<void> | undefined
  const update = async (): Promise<string> => {
    if (kinds.length === 0) kinds = Object.keys(updates.kinds)
    const [kind = ''] = kinds.splice(ofVolumes(kinds.length), 1)
    const done = updates.kinds[kind]?.()
    if (kind.includes('taken back')) takenBack = done
    await done
    await updates.good()
    return kind
  }
  const fault = async (): Promise<string> => {
    await takenBack
    return await objects.fault(apps, ofApi)
  }
  const measuring = async (): Promise<void> => {
    const everyMs = Math.max(MIN_SAMPLE_S, seconds / SAMPLES) * 1_000
    while (elapsedS() < seconds) {
      await sample()
      await delay(everyMs)
    }
  }
  await Promise.all([repeat(update, () => ofVolumes(PAUSE_MS)), repeat(fault, () => ofApi(PAUSE_MS)), measuring()])

  await objects.update(apps)
  await updates.good()
  await untilAll(apps, 'healthy', ({ health }) => health.status === 'pass' && health.guard?.state === 'kept')
  await sample()
  await Promise.all(Array.from(loads.values(), (load) => load.stop()))
  const total = (key: 'answered' | 'spoiled' | 'failed'): number =>
    Array.from(loads.values()).reduce((sum, load) => sum + load[key], 0)
  const requests = { answered: total('answered'), spoiled: total('spoiled'), failed: total('failed') }
  const problems = [
    ...apps.flatMap(({ problems }) => problems),
    ...Array.from(loads.values()).flatMap(({ failures }) => failures),
  ]
  const minutes = Math.round(elapsedS() / 6) / 10
  return { seed, minutes, startedAt: startedAt.toISOString(), samples, requests, problems, happened }
}

/** How much each app has grown by within the second half of a run. */
export function growthsOf({ samples }: SoakReport): Record<Framework, Growth> {
  const growth = (framework: Framework, what: keyof Growth): number =>
    growthOf(samples.map(({ atS, apps }) => ({ atS, value: apps[framework][what] })))
  const ofApp = (framework: Framework): Growth => ({
    heapUsed: growth(framework, 'heapUsed'),
    fds: growth(framework, 'fds'),
    handles: growth(framework, 'handles'),
  })
  return { fastify: ofApp('fastify'), express: ofApp('express'), nest: ofApp('nest') }
}
