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

/** Counts requests for the guard of a configuration. @returns `undefined` for a configuration without one */
export function watchRequests(config: { readonly current: unknown }, pins: Pins): WatchRequest | undefined {
  const counts = requestCounts.get(config)
  if (!counts) return undefined
  return (request, response) => {
    // A request that reads the configuration itself has no pin.
    const { current } = config
    response.once('close', () => {
      // Without an answer, the client went away.
      if (response.headersSent && !healthRequests.has(request))
        counts.add(pins.peek(request) ?? current, response.statusCode >= 500)
    })
  }
}
