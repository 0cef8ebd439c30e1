import type { ServerResponse } from 'node:http'

import { sharedState } from '../async/shared-state.js'
import { requestCounts } from '../updates/guard/request-counts.js'

/** Counts a request, once its response was sent. */
export type WatchRequest = (request: object, response: ServerResponse) => void

/** What a request keeps of a configuration. */
interface Countable {
  /** What the request has read first, or what was current when it began. */
  readonly value: unknown
  isCounted: boolean
  /** Tells what is current when the request begins, in case that it reads nothing by itself. */
  begin(current: unknown): void
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
    // Fastify has requests of its own, and Nest on Fastify has those of Node
    const unit = response.req === request ? pin : pinOf(response.req)
    if (unit.isCounted) return
    unit.isCounted = true
    pin.begin(config.current)
    response.on('close', () => {
      // Without an answer, the client went away.
      if (response.headersSent && !healthRequests.has(request)) counts.add(pin.value, response.statusCode >= 500)
    })
  }
}
