import type { ServerResponse } from 'node:http'

import { sharedState } from '../async/shared-state.js'
import { requestCounts } from '../updates/guard/request-counts.js'

/** Counts a request, once its response was sent. */
export type WatchRequest = (request: object, response: ServerResponse) => void

/** What a request keeps of a configuration. */
interface Countable {
  /** What the request has read, else `undefined`. */
  readonly value: unknown
  isCounted: boolean
}

/** Requests for the health report. They are not counted: probes would hide that other requests fail. */
export const healthRequests: WeakSet<object> = sharedState('health-requests', () => new WeakSet())

/**
 * Counts requests for the guard of a configuration.
 *
 * @param pinOf returns what a request keeps of it, the same for all adapters: an app may use one configuration in several
 *   places, and a request is counted once
 * @returns `undefined` for a configuration without a guard
 */
export function watchRequests(
  config: { readonly current: unknown },
  pinOf: (request: object) => Countable,
): WatchRequest | undefined {
  const counts = requestCounts.get(config)
  if (!counts) return undefined
  return (request, response) => {
    const pin = pinOf(request)
    // Fastify has requests of its own, and Nest on Fastify has those of Node. A stand-in of a test may have none.
    const raw = response.req ?? request
    const unit = raw === request ? pin : pinOf(raw)
    if (unit.isCounted) return
    unit.isCounted = true
    // One that reads the configuration itself has read what was current. Before the first load there is nothing to judge.
    const current = currentOf(config)
    if (current === undefined) return
    const count = (): void => {
      // Without an answer, the client went away.
      if (!response.headersSent || healthRequests.has(request)) return
      counts.add(pin.value ?? current, response.statusCode >= 500)
    }
    // an adapter may call this after the response, for what was answered before it knew of the request
    if (response.writableEnded) count()
    else response.on('close', count)
  }
}

/** `undefined` before the first load. */
function currentOf(config: { readonly current: unknown }): unknown {
  try {
    return config.current
  } catch {
    return undefined
  }
}
