import { request } from 'node:http'
import type { OutgoingHttpHeaders, RequestOptions } from 'node:http'
import { text as textOf } from 'node:stream/consumers'

import type { Answer } from './cluster.js'

/** How long an answer may take, in milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000

/** A request, as `node:http` has it. */
interface ApiRequest extends RequestOptions {
  readonly headers?: OutgoingHttpHeaders
}

/**
 * Sends a request to the API server, and reads the whole answer. A PATCH is a JSON merge patch.
 *
 * @param options where to, as for `node:http`. An agent of `node:https` makes it HTTPS
 * @throws {Error} when the whole answer has not come within 10 seconds, or another limit
 * @throws the reason of the signal
 */
export function sendRequest(options: ApiRequest, body?: object, limitMs: number = REQUEST_TIMEOUT_MS): Promise<Answer> {
  const type = options.method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
  return new Promise((resolve, reject) => {
    const { signal } = options
    const fail = (error: Error): void => reject(signal?.aborted ? (signal.reason as Error) : error)
    const headers = { ...options.headers, accept: 'application/json', ...(body && { 'content-type': type }) }
    const sent = request({ ...options, headers }, (answer) => {
      const { statusCode: status = 0, headers: received } = answer
      const date = received.date === undefined ? {} : { date: new Date(received.date) }
      textOf(answer).then((text) => resolve({ status, body: text, ...date }), fail)
    })
    const timer = setTimeout(() => {
      reject(new Error(`no answer within ${limitMs / 1000} s`))
      sent.destroy()
    }, limitMs)
    sent.on('error', fail)
    sent.on('close', () => clearTimeout(timer))
    sent.end(body && JSON.stringify(body))
  })
}
