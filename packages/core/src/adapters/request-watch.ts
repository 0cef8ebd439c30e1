import type { ServerResponse } from 'node:http'

import { sharedState } from '../async/shared-state.js'
import { requestCounts } from '../updates/guard/request-counts.js'

/** Counts a request, once its response was sent. */
export type WatchRequest = (request: object, response: ServerResponse) => void

/** The snapshots that requests have read. */
interface Pins {
  peek(request: object): unknown
}

/** Requests for the health report. They are not counted: probes would hide that other requests fail. */
export const healthRequests: WeakSet<object> = sharedState('health-requests', () => new WeakSet())

/** What a response says of its request. */
interface Watched {
  readonly request: object
  /** Those of the adapter that handled the request last: an app may use one configuration in several places. */
  readonly pins: Pins
  /** What was current when the request began: one that reads the configuration itself has no pin. */
  readonly current: unknown
}

/** Counts requests for the guard of a configuration. @returns `undefined` for a configuration without one */
export function watchRequests(config: { readonly current: unknown }, pins: Pins): WatchRequest | undefined {
  const counts = requestCounts.get(config)
  if (!counts) return undefined
  const { slot } = counts
  const count = function (this: ServerResponse): void {
    const watched = slotsOf(this)[slot]
    // Without an answer, the client went away.
    if (!watched || !this.headersSent || healthRequests.has(watched.request)) return
    counts.add(watched.pins.peek(watched.request) ?? watched.current, this.statusCode >= 500)
  }
  return (request, response) => {
    const slots = slotsOf(response)
    if (!slots[slot]) response.on('close', count)
    slots[slot] = { request, pins, current: config.current }
  }
}

function slotsOf(response: ServerResponse): Record<symbol, Watched | undefined> {
  return response as unknown as Record<symbol, Watched | undefined>
}
