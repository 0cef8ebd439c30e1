import type { IncomingMessage } from 'node:http'

import { KubernetesError } from '../kubernetes-error.js'
import type { Timing } from '../timing.js'
import { readBody } from './body.js'
import type { Purpose } from './purpose.js'
import { missingRule } from './missing-rule.js'

/** What the API server says about a request that failed, as the body of an answer or as the object of an ERROR event. */
export interface Status {
  readonly code?: number
  readonly reason?: string
  readonly message?: string
  readonly details?: {
    readonly retryAfterSeconds?: number
    readonly causes?: readonly { readonly reason?: string; readonly message?: string }[]
  }
}

/** Larger ones are no Status of an API server. */
const MAX_STATUS_BYTES = 256 * 1024

/** Errors of certificates have names like these; all others are of the connection. */
const TLS_CODE = /CERT|SIGNATURE|SSL|TLS|EPROTO|HOSTNAME_MISMATCH|UNABLE_TO_/

const TOO_LARGE = /Too large resource version/

/** Why no answer came. */
export function failureOfConnection(error: unknown, server: URL): KubernetesError {
  if (error instanceof KubernetesError) return error
  const { code = '', message } = error as NodeJS.ErrnoException
  // several addresses that all refuse come as one error with an empty message
  const reason = message || code || 'no connection'
  if (TLS_CODE.test(code)) {
    const hint = 'give the certificates of its CA in `caFile`, and the address that its certificate names in `server`'
    return new KubernetesError('tls', `the API server ${server.origin} can't be trusted: ${reason}; ${hint}`)
  }
  return new KubernetesError('unreachable', `the API server ${server.origin} can't be reached: ${reason}`)
}

/** Why an answer is none of success. Reads its body. */
export async function failureOfAnswer(
  answer: IncomingMessage,
  purpose: Purpose,
  server: URL,
  timing: Timing,
): Promise<KubernetesError> {
  const { statusCode = 0, headers } = answer
  const status = await readStatus(answer, timing)
  const failure = failureOfStatus({ ...status, code: statusCode }, purpose)
  const retryAfterMs = retryAfter(headers['retry-after']) ?? failure.retryAfterMs
  const message = status
    ? failure.message
    : `${failure.message} (${server.origin} sent ${headers['content-type'] ?? 'something without a type'}, not a Status of an API server)`
  return new KubernetesError(failure.problem, message, retryAfterMs && Math.min(retryAfterMs, timing.retryAfterMaxMs))
}

/** What a Status means. */
export function failureOfStatus(status: Status, purpose: Purpose): KubernetesError {
  const { code = 0, reason, message, details } = status
  const said = message ? `: ${message}` : ''
  const seconds = details?.retryAfterSeconds
  const retryAfterMs = seconds === undefined ? undefined : seconds * 1_000
  if (code === 401) {
    const hint = 'the token is expired, or of another cluster, or there is none'
    return new KubernetesError('unauthorized', `the API server does not accept the credentials (401): ${hint}`)
  }
  if (code === 403) {
    return new KubernetesError('forbidden', `the API server forbids it (403)${said}\n${missingRule(purpose, message)}`)
  }
  if (code === 404) return new KubernetesError('not-found', `the API server has no such thing (404)${said}`)
  if (code === 410 || reason === 'Expired' || reason === 'Gone') {
    return new KubernetesError('expired', `the API server no longer knows the version (410)${said}`)
  }
  // servers before 1.20 say so in the message only
  if (details?.causes?.some((cause) => cause.reason === 'ResourceVersionTooLarge') || TOO_LARGE.test(message ?? '')) {
    return new KubernetesError('ahead', `the API server does not know the version yet (${code})${said}`)
  }
  return new KubernetesError('answer', `the API server answered ${code}${said}`, retryAfterMs)
}

async function readStatus(answer: IncomingMessage, timing: Timing): Promise<Status | undefined> {
  try {
    const status: unknown = JSON.parse(await readBody(answer, timing.requestTimeoutMs, MAX_STATUS_BYTES))
    return isStatus(status) ? status : undefined
  } catch {
    return undefined
  }
}

/** Seconds or a date. */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}

function isStatus(value: unknown): value is Status {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status'
}
