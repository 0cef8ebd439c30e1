import { setTimeout as delay } from 'node:timers/promises'

import { openCluster } from '../cluster/open-cluster.js'
import { colorsFor } from '../colors.js'
import { print } from '../output.js'
import { EXIT } from '../usage-error.js'
import { fleetOf, formatFleet } from './fleet.js'
import type { Fleet } from './fleet.js'
import { statusOfPods } from './pods.js'
import type { PodQuery } from './pods.js'

/** The options of `hot-config status`, as the parser of arguments returns them. */
interface Options extends Omit<PodQuery, 'namespace'> {
  readonly namespace?: string
  readonly context?: string
  readonly watch?: boolean
  readonly after?: string
  readonly timeout: number
  readonly json?: boolean
}

/** How often the pods are asked with `--watch`, in milliseconds. */
const INTERVAL_MS = 2_000

/** @returns the exit code */
export async function runStatus(given: object): Promise<number> {
  const { namespace: named, context, json, watch, timeout, after, ...rest } = given as Options
  using cluster = await openCluster(context)
  const query = { ...rest, namespace: named ?? cluster.namespace }
  const colors = colorsFor(process.stdout)
  const end = performance.now() + timeout
  let shown = ''
  for (;;) {
    const fleet = fleetOf(await statusOfPods(cluster, query), after)
    const isLast = !watch || fleet.state !== 'waiting' || performance.now() + INTERVAL_MS > end
    const text = json ? JSON.stringify(fleet, null, 2) : formatFleet(fleet, colors)
    // JSON is one value, and a screen without a change says nothing new
    if (json ? isLast : text !== shown) await print(text)
    shown = text
    if (isLast) return exitCodeOf(fleet, watch === true, timeout)
    await delay(INTERVAL_MS)
  }
}

function exitCodeOf({ state }: Fleet, watch: boolean, timeoutMs: number): number {
  if (state === 'converged') return EXIT.ok
  if (watch && state === 'waiting') console.error(`hot-config: not all pods agree after ${timeoutMs / 1000} s`)
  return EXIT.problems
}
