import { createAbort } from '../async/abort.js'
import { within } from '../async/time-limit.js'
import { optionKind } from '../errors/option-kinds.js'
import { isBranch } from '../trees/tree.js'
import { HOT_CONFIG } from './adapter.js'
import type { AdapterOptions } from './adapter.js'
import { healthOption } from './health-option.js'
import type { Health, HealthRequest } from './health-option.js'
import { healthRequests } from './request-watch.js'
import { healthResponse } from '../reports/health.js'
import type { HealthReport } from '../reports/health.js'
import type { HotConfig } from '../hot-config.js'

/** A probe must not wait for a function that does not answer. */
const DETAILS_LIMIT = { ms: 5_000, what: 'no answer' }

const NEVER = createAbort().signal

const REQUEST = optionKind<HealthRequest>(
  'a request with headers',
  (value) => isBranch(value) && 'headers' in value && isBranch(value.headers),
)

/** The answer to a request for the health report. */
export interface HealthAnswer {
  readonly statusCode: 200 | 503
  readonly headers: Readonly<Record<string, string>>
  /** The report or only its status, to be sent as JSON, or the HTML text of the page. */
  readonly body: HealthReport | Pick<HealthReport, 'status'> | string
}

/**
 * Answers a request for the health report, for adapters. The answer is JSON. With `health: { page: true }`, a request
 * that prefers HTML gets a page. A request that `health: { details }` rejects gets only the status.
 *
 * @throws {OptionError} for an invalid argument
 */
export async function answerHealth(
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the type of its value
  config: HotConfig<any>,
  request: HealthRequest,
  health: AdapterOptions['health'],
): Promise<HealthAnswer> {
  HOT_CONFIG.required(config, 'config')
  REQUEST.required(request, 'request')
  return answerReadHealth(config, healthOption()(health, 'health'), request, request)
}

/**
 * The same for an option that was read, as by {@link adapt}: adapters read it once, and not for each probe.
 *
 * @param request what `details` gets
 * @param asked the same request in Node's shape: the one that is watched for the guard
 */
export async function answerReadHealth<R>(
  config: HotConfig<unknown>,
  health: Health<R> | false,
  request: R,
  asked: HealthRequest,
): Promise<HealthAnswer> {
  healthRequests.add(asked)
  const { statusCode, headers, body: report } = healthResponse(config.health())
  if (health && !(await mayHave(health.details, request)))
    return { statusCode, headers, body: { status: report.status } }
  if (!health || !health.page) return { statusCode, headers, body: report }
  const { prefersHtml } = await import('../reports/page/accept.js')
  const negotiated = { ...headers, vary: 'Accept' }
  if (!prefersHtml(acceptOf(asked))) return { statusCode, headers: negotiated, body: report }
  const { PAGE_POLICY, renderHealthPage } = await import('../reports/page/health-page.js')
  const { pageValues } = await import('../reports/page/values-section.js')
  const paused = new URLSearchParams(queryOf(asked)).has('pause')
  return {
    statusCode,
    headers: {
      ...negotiated,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': PAGE_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    },
    body: renderHealthPage({
      report,
      history: config.history(),
      values: await pageValues(config),
      paused,
      now: new Date(),
    }),
  }
}

/** The body of an answer with its exact length, for frameworks that would otherwise add headers of their own. */
export function textOfAnswer({ headers, body }: HealthAnswer): {
  readonly text: string
  readonly headers: Readonly<Record<string, string>>
} {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { text, headers: { ...headers, 'content-length': String(Buffer.byteLength(text)) } }
}

async function mayHave<R>(details: Health<R>['details'], request: R): Promise<boolean> {
  try {
    if (typeof details !== 'function') return details
    const allowed: unknown = await within(DETAILS_LIMIT, NEVER, async () => details(request))
    return allowed === true
  } catch {
    return false
  }
}

function queryOf({ url = '' }: HealthRequest): string {
  const [, query = ''] = /\?([^#]*)/.exec(url) ?? []
  return query
}

function acceptOf({ headers }: HealthRequest): string | undefined {
  const { accept } = headers
  return typeof accept === 'string' ? accept : accept?.join(', ')
}
