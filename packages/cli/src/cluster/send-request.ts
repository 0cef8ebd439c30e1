import { request } from 'node:http'
import type { RequestOptions } from 'node:http'
import { text as textOf } from 'node:stream/consumers'

import type { Answer } from './cluster.js'

const REQUEST_TIMEOUT_MS = 10_000

/**
 * Sends a request to the API server, and reads the whole answer. A PATCH is a JSON merge patch.
 *
 * @param options where to, as for `node:http`. An agent of `node:https` makes it HTTPS
 * @throws {Error} when the whole answer has not come within 10 seconds
 */
export function sendRequest(options: RequestOptions, body?: object): Promise<Answer> {
  const type = options.method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
  return new Promise((resolve, reject) => {
    const headers = { ...options.headers, accept: 'application/json', ...(body && { 'content-type': type }) }
    const sent = request({ ...options, headers }, (answer) => {
      const { statusCode: status = 0, headers: received } = answer
      const date = received.date === undefined ? {} : { date: new Date(received.date) }
      textOf(answer).then((text) => resolve({ status, body: text, ...date }), reject)
    })
    const timer = setTimeout(() => {
      reject(new Error(`no answer within ${REQUEST_TIMEOUT_MS / 1000} s`))
      sent.destroy()
    }, REQUEST_TIMEOUT_MS)
    sent.on('error', reject)
    sent.on('close', () => clearTimeout(timer))
    sent.end(body && JSON.stringify(body))
  })
}
