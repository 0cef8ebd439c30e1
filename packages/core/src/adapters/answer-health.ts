import { healthOption } from './adapter.js'
import type { AdapterOptions, HealthOptions, HealthRequest } from './adapter.js'
import { healthResponse } from '../reports/health.js'
import type { HealthReport } from '../reports/health.js'
import type { HotConfig } from '../hot-config.js'

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
 * @throws {OptionError} for an invalid `health`
 */
export async function answerHealth(
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the type of its value
  config: HotConfig<any>,
  request: HealthRequest,
  health: AdapterOptions['health'],
): Promise<HealthAnswer> {
  const served = healthOption()(health, 'health')
  const { statusCode, headers, body: report } = healthResponse(config.health())
  if (served && !(await mayHave(served.details, request)))
    return { statusCode, headers, body: { status: report.status } }
  if (!served || !served.page) return { statusCode, headers, body: report }
  const { prefersHtml } = await import('../reports/page/accept.js')
  const negotiated = { ...headers, vary: 'Accept' }
  if (!prefersHtml(acceptOf(request))) return { statusCode, headers: negotiated, body: report }
  const { PAGE_POLICY, renderHealthPage } = await import('../reports/page/health-page.js')
  const { pageValues } = await import('../reports/page/values-section.js')
  const paused = /\?(?:.*&)?pause(?:[&=]|$)/.test(request.url ?? '')
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

async function mayHave(details: NonNullable<HealthOptions['details']>, request: HealthRequest): Promise<boolean> {
  try {
    const answer: unknown = typeof details === 'function' ? await details(request) : details
    return answer === true
  } catch {
    return false
  }
}

function acceptOf({ headers }: HealthRequest): string | undefined {
  const { accept } = headers
  return typeof accept === 'string' ? accept : accept?.join(', ')
}
