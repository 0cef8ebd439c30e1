import type { IncomingMessage } from 'node:http'

import { codeOf, messageOf } from '@hot-config/core/internal'

import { KubernetesError } from '../kubernetes-error.js'
import type { Timing } from '../timing.js'
import { readBody } from './body.js'
import type { Purpose } from './purpose.js'
import { missingRule } from './missing-rule.js'

/** How the API server describes a failed request, as the body of an answer or as the object of an ERROR event. */
export interface Status {
  readonly code?: number
  readonly reason?: string
  readonly message?: string
  readonly details?: {
    readonly retryAfterSeconds?: number
    readonly causes?: readonly { readonly reason?: string; readonly message?: string }[]
  }
}

/** An API server sends no larger Status. */
const MAX_STATUS_BYTES = 256 * 1024

/** Matches the codes of errors that are about certificates; the others are about the connection. */
const TLS_CODE = /CERT|SIGNATURE|SSL|TLS|EPROTO|HOSTNAME_MISMATCH|UNABLE_TO_/

const NO_CREDENTIALS =
  'The request had no credentials: give `tokenFile`, `credentials`, or a kubeconfig whose user has a token or certificate'

const TOO_LARGE = /Too large resource version/

/** Codes below 500 that may change without another request: missing permission, an object that does not exist, load. */
const MAY_CHANGE = new Set([401, 403, 404, 408, 409, 410, 425, 429])

/**
 * Explains why no answer came.
 *
 * @param caFrom where the certificates of the server's CA are given
 * @param wasSent whether the request was sent on a connection that worked
 */
export function failureOfConnection(error: unknown, server: URL, caFrom: string, wasSent: boolean): KubernetesError {
  if (error instanceof KubernetesError) return error
  const code = codeOf(error) ?? ''
  const reason = messageOf(error)
  if (code.startsWith('ERR_INVALID_')) {
    // Node's own message is left out, because it may quote the credentials.
    const hint = code === 'ERR_INVALID_CHAR' ? 'a header contains a character that HTTP does not allow' : code
    return new KubernetesError('credentials', `the credentials can't be sent: ${hint}`, { isPermanent: true })
  }
  if (TLS_CODE.test(code)) {
    const hint = `give the certificates of its CA in ${caFrom}, and the address that its certificate names in \`server\``
    const message = `the API server ${server.origin} can't be trusted: ${reason}; ${hint}`
    // Not permanent for EPROTO: load balancers interrupt TLS handshakes while the servers behind them restart.
    return new KubernetesError('tls', message, { isPermanent: code !== 'EPROTO' })
  }
  const message = `the API server ${server.origin} can't be reached: ${reason}`
  return new KubernetesError('unreachable', message, { isUnavailable: !wasSent })
}

/** Explains an answer that is not a success. Reads its body. */
export async function failureOfAnswer(
  answer: IncomingMessage,
  purpose: Purpose,
  server: URL,
  timing: Timing,
): Promise<KubernetesError> {
  const { statusCode = 0, headers } = answer
  const status = await readStatus(answer, timing)
  const failure = failureOfStatus({ ...status, code: statusCode }, purpose)
  const { problem, isPermanent, isUnavailable } = failure
  const retryAfterMs = retryAfter(headers['retry-after']) ?? failure.retryAfterMs
  const message = status
    ? failure.message
    : `${failure.message} (${server.origin} sent ${headers['content-type'] ?? 'something without a type'}, not a Status of an API server)`
  return new KubernetesError(problem, message, { retryAfterMs, isPermanent, isUnavailable })
}

/** Explains a Status. */
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
    // A Role for this user would open the object to everybody.
    const isAnonymous = message?.includes('"system:anonymous"') === true
    const hint = isAnonymous ? NO_CREDENTIALS : missingRule(purpose, message)
    return new KubernetesError('forbidden', `the API server forbids it (403)${said}\n${hint}`)
  }
  if (code === 404) return new KubernetesError('not-found', `the API server has no such thing (404)${said}`)
  if (code === 409) return new KubernetesError('conflict', `another writer changed the object first (409)${said}`)
  if (code === 410 || reason === 'Expired' || reason === 'Gone') {
    return new KubernetesError('expired', `the API server no longer knows the version (410)${said}`)
  }
  // Servers before 1.20 report this only in the message.
  if (details?.causes?.some((cause) => cause.reason === 'ResourceVersionTooLarge') || TOO_LARGE.test(message ?? '')) {
    return new KubernetesError('ahead', `the API server does not know the version yet (${code})${said}`)
  }
  const isPermanent = code >= 400 && code < 500 && !MAY_CHANGE.has(code)
  const answered = { retryAfterMs, isPermanent, isUnavailable: code === 429 }
  return new KubernetesError('answer', `the API server answered ${code}${said}`, answered)
}

async function readStatus(answer: IncomingMessage, timing: Timing): Promise<Status | undefined> {
  try {
    const limits = { silenceMs: timing.requestTimeoutMs, totalMs: timing.answerMs, maxBytes: MAX_STATUS_BYTES }
    const status: unknown = JSON.parse(await readBody(answer, limits))
    return isStatus(status) ? status : undefined
  } catch {
    return undefined
  }
}

/** Parses the header `retry-after`, which has seconds or a date. */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}

function isStatus(value: unknown): value is Status {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status'
}
