import type { ServerResponse } from 'node:http'

import type { HotConfig } from '../hot-config.js'
import { requestCounts } from '../updates/guard/request-counts.js'
import type { RequestPin } from './request-pin.js'

/** Begins to watch a request of Node, until its response has been sent. */
export type WatchRequest = (request: object, response: ServerResponse) => void

/**
 * Counts requests for the guard of a configuration, by the value that each of them was pinned to.
 *
 * @param pins the pins of the requests that are watched
 * @returns `undefined` for a configuration without a guard, so that requests cost nothing more
 */
export function watchRequests(config: HotConfig<unknown>, pins: RequestPin<unknown>): WatchRequest | undefined {
  const counts = requestCounts.get(config)
  if (!counts) return undefined
  return (request, response) => {
    // one that reads the configuration itself has no pin
    const { current } = config
    response.once('close', () => {
      // no answer: the client went away
      if (response.headersSent) counts.add(pins.peek(request) ?? current, response.statusCode >= 500)
    })
  }
}
