import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

import { openCluster } from '../cluster/open-cluster.js'
import { colorsFor } from '../colors.js'
import { print } from '../output.js'
import { EXIT } from '../usage-error.js'
import { fleetOf, formatFleet } from './fleet.js'
import type { Fleet } from './fleet.js'
import { statusOfPods } from './pods.js'
import type { PodQuery, PodStatus } from './pods.js'
import { Screen } from './screen.js'

/** The options of `hot-config status`, as the parser of arguments returns them. */
interface Options extends Omit<PodQuery, 'namespace'>, WatchOptions {
  readonly namespace?: string
  readonly context?: string
  readonly prometheus?: string
  readonly prometheusAuthFile?: string
}

interface WatchOptions {
  readonly watch?: boolean
  readonly after?: string
  readonly timeout: number
  readonly json?: boolean
}

/** Asks once what all pods run, and how often that makes sense. */
interface FleetReader extends Disposable {
  readonly intervalMs: number
  /** @param signal ends a round early: pods that have not answered are unknown then */
  read(signal: AbortSignal): Promise<readonly PodStatus[]>
}

/** @returns the exit code */
export async function runStatus(given: object): Promise<number> {
  const options = given as Options
  using reader = await (options.prometheus === undefined ? podReader(options) : metricsReader(options))
  // the reader is open until then
  return await follow(reader, options)
}

async function podReader({ namespace, context, selector, path, port, concurrency }: Options): Promise<FleetReader> {
  const cluster = await openCluster(context)
  const asked = namespace ?? cluster.namespace
  const query = { namespace: asked, selector, path, concurrency, ...(port !== undefined && { port }) }
  return {
    intervalMs: 2_000,
    read: (signal) => statusOfPods({ ...cluster, get: (path) => cluster.get(path, signal) }, query),
    [Symbol.dispose]: () => cluster[Symbol.dispose](),
  }
}

async function metricsReader({ prometheus: url = '', prometheusAuthFile, ...query }: Options): Promise<FleetReader> {
  const [{ Prometheus }, { statusOfMetrics }] = await Promise.all([
    import('../prometheus/prometheus.js'),
    import('../prometheus/metrics-status.js'),
  ])
  const prometheus = await Prometheus.open(url, prometheusAuthFile)
  return {
    // Prometheus scrapes less often than that
    intervalMs: 5_000,
    read: (signal) => statusOfMetrics(prometheus, query, signal),
    [Symbol.dispose]: () => undefined,
  }
}

/** @returns the exit code */
async function follow(reader: FleetReader, { watch = false, after, timeout, json }: WatchOptions): Promise<number> {
  const colors = colorsFor(process.stdout)
  const end = performance.now() + timeout
  const signal = timeLimit(watch ? timeout : undefined)
  const screen = new Screen()
  let pods: readonly PodStatus[] | undefined
  for (;;) {
    pods = await readAgain(reader, signal, pods)
    const fleet = fleetOf(pods, after)
    const isLast = !watch || fleet.state !== 'waiting' || performance.now() + reader.intervalMs > end
    const text = json ? JSON.stringify(fleet, null, 2) : formatFleet(fleet, colors)
    // JSON is one value
    if (!json) await screen.show(text, isLast)
    else if (isLast) await print(text)
    if (isLast) return exitCodeOf(fleet, watch, timeout)
    await delay(reader.intervalMs)
  }
}

function timeLimit(ms: number | undefined): AbortSignal {
  const limit = new AbortController()
  // each request to a pod listens to it
  setMaxListeners(0, limit.signal)
  if (ms !== undefined) setTimeout(() => limit.abort(new Error(`no answer within ${ms / 1000} s`)), ms).unref()
  return limit.signal
}

/** @param before the round before, which says more than one that the time limit has ended */
async function readAgain(
  reader: FleetReader,
  signal: AbortSignal,
  before: readonly PodStatus[] | undefined,
): Promise<readonly PodStatus[]> {
  try {
    const pods = await reader.read(signal)
    return (signal.aborted && before) || pods
  } catch (error) {
    if (signal.aborted && before) return before
    throw error
  }
}

function exitCodeOf({ state }: Fleet, watch: boolean, timeoutMs: number): number {
  if (state === 'converged') return EXIT.ok
  if (watch && state === 'waiting') console.error(`hot-config: not all pods agree after ${timeoutMs / 1000} s`)
  return EXIT.problems
}
