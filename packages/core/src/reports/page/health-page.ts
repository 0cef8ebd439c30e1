import { createHash } from 'node:crypto'

import type { Difference } from '../../trees/diff.js'
import type { Issue } from '../../errors/errors.js'
import type { HealthReport, HealthStatus, SourceHealth } from '../health.js'
import type { HistoryEntry } from '../history.js'
import { canaryText } from './canary-text.js'
import { Html, html } from './html.js'
import { STYLE } from './style.js'
import { MAX_ROWS, andMore, clip, placeOf, shown, table } from './table.js'
import { valuesSection } from './values-section.js'
import type { PageValues } from './values-section.js'

/** How often the page refreshes, in seconds. */
const REFRESH_S = 5

/** The stages in the order of the report. */
const STAGES = ['read', 'validate', 'prepare'] as const

const STATUS: Readonly<
  Record<HealthStatus, { readonly title: string; readonly meaning: string; readonly dot: string }>
> = {
  pass: { title: 'Up to date', meaning: 'The newest configuration is served.', dot: '#1a7f37' },
  warn: {
    title: 'Needs attention',
    meaning: 'A valid configuration is served, but not the newest, or not all of it can be updated.',
    dot: '#bf8700',
  },
  fail: { title: 'No configuration', meaning: 'There is no valid configuration to serve yet.', dot: '#cf222e' },
}

/** The browser may load this style and the icon of the tab, and nothing else. */
export const PAGE_POLICY: string = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The content of the page. */
export interface HealthPage {
  readonly report: HealthReport
  readonly history: readonly HistoryEntry[]
  /** Where the values come from. `undefined` when there are none to explain. */
  readonly values: PageValues | undefined
  /** Whether the page does not refresh itself. */
  readonly paused: boolean
  readonly now: Date
}

/** Renders the health report and the last changes as one page, without a script. Every value is escaped. */
export function renderHealthPage({ report, history, values, paused, now }: HealthPage): string {
  const { title, dot } = STATUS[report.status]
  const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="${dot}"/></svg>`
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        ${!paused && html`<meta http-equiv="refresh" content="${REFRESH_S}" />`}
        <title>${title} · Configuration</title>
        <link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}" />
        ${new Html(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <header>
          <h1>Configuration</h1>
          ${statusBox(report)}
        </header>
        <main>
          ${nowSection(report, now)} ${rejectionSection(report, now)} ${sourcesSection(report.sources)}
          ${values && valuesSection(values)} ${timelineSection(history, now)}
        </main>
        <footer>
          <p>
            As of ${timeOf(now.toISOString())}.
            ${
              paused
                ? html`The page stays as it is. <a href="?">Refresh it every ${REFRESH_S} seconds</a>`
                : html`The page refreshes every ${REFRESH_S} seconds. <a href="?pause">Pause</a>`
            }
          </p>
        </footer>
      </body>
    </html> `
  return page.text
}

function statusBox({ status, lastRejection, pendingRestart, sources }: HealthReport): Html {
  const { title, meaning } = STATUS[status]
  const stuck = sources.filter(({ updatable, warnings }) => !updatable && warnings.length > 0)
  const reasons = [
    lastRejection && status === 'warn' && html`<li>The last update was rejected: see below.</li>`,
    stuck.length > 0 && html`<li>Updates can't reach ${codes(stuck.map(({ name }) => name))}.</li>`,
    pendingRestart.length > 0 && html`<li>Changes wait for a restart: ${codes(pendingRestart)}.</li>`,
  ].filter((reason) => reason instanceof Html)
  return html`<div class="status ${status}">
    <strong>${title}</strong> <span>(${status})</span>
    <p>${meaning}</p>
    ${
      reasons.length > 0 &&
      html`<ul>
        ${reasons}
      </ul>`
    }
  </div>`
}

function nowSection(report: HealthReport, now: Date): Html {
  const { version, digest, loadedAt, checkedAt, pendingRestart, pinnedByEnvironment, reloads, listenerErrors } = report
  const { canary, guard, savedAt } = report
  return html`<section aria-labelledby="now">
    <h2 id="now">Now</h2>
    <dl>
      <dt>Version</dt>
      <dd>${version === 0 ? 'none yet' : version}</dd>
      <dt>Digest</dt>
      <dd>${digest === null ? 'none yet' : html`<code>${digest}</code>`}</dd>
      <dt>Loaded</dt>
      <dd>${timeOf(loadedAt, now)}</dd>
      ${savedAt !== null && html`<dt>Loaded from</dt>`}
      ${savedAt !== null && html`<dd>the last good configuration, saved ${timeOf(savedAt, now)}</dd>`}
      <dt>Sources last read</dt>
      <dd>${timeOf(checkedAt, now)}</dd>
      <dt>Reloads</dt>
      <dd>${reloads.changed} changed, ${reloads.unchanged} unchanged, ${reloads.rejected} rejected</dd>
      <dt>Listener errors</dt>
      <dd>${listenerErrors}</dd>
      <dt>Canary</dt>
      <dd>${canary === null ? 'none' : canaryText(canary)}</dd>
      ${guard !== null && html`<dt>Guard</dt>`}
      ${guard !== null && html`<dd>${guard.state}${guard.until !== null && html` until ${timeOf(guard.until)}`}</dd>`}
      <dt>Waits for a restart</dt>
      <dd>${codes(pendingRestart)}</dd>
      <dt>Pinned by the environment</dt>
      <dd>${codes(pinnedByEnvironment)}</dd>
    </dl>
  </section>`
}

function rejectionSection({ lastRejection }: HealthReport, now: Date): Html | undefined {
  if (!lastRejection) return undefined
  const { at, source, message, issues } = lastRejection
  return html`<section aria-labelledby="rejected">
    <h2 id="rejected">Rejected update</h2>
    <p>${timeOf(at, now)}${source !== null && html` from <code>${source}</code>`}</p>
    ${issues.length > 0 ? issueTable('What is wrong', issues) : html`<p><span class="text">${clip(message)}</span></p>`}
  </section>`
}

function sourcesSection(sources: readonly SourceHealth[]): Html {
  const rows = sources.map(
    ({ name, revision, watching, updatable, warnings }) =>
      html`<tr>
        <th scope="row"><code>${name}</code></th>
        <td data-label="Revision">${revision === null ? 'none' : html`<code>${clip(revision)}</code>`}</td>
        <td data-label="Watched by">${watching === 'none' ? 'nothing' : watching}</td>
        <td data-label="Updates">${updatable ? 'yes' : 'no'}</td>
        <td data-label="Warnings">
          ${
            warnings.length === 0
              ? 'none'
              : html`<ul>
                  ${warnings.map((warning) => html`<li class="warning"><span class="text">${clip(warning)}</span></li>`)}
                </ul>`
          }
        </td>
      </tr>`,
  )
  return html`<section aria-labelledby="sources">
    <h2 id="sources">Sources</h2>
    ${
      rows.length === 0
        ? html`<p class="quiet">None.</p>`
        : table('sources', 'Sources', ['Source', 'Revision', 'Watched by', 'Updates', 'Warnings'], rows)
    }
  </section>`
}

function timelineSection(history: readonly HistoryEntry[], now: Date): Html {
  const newestFirst = history.toReversed()
  return html`<section aria-labelledby="timeline">
    <h2 id="timeline">Timeline</h2>
    ${
      newestFirst.length === 0
        ? html`<p class="quiet">No change and no rejection yet.</p>`
        : html`<ol>
            ${newestFirst.map((entry) => html`<li class="entry ${entry.type}">${entryOf(entry, now)}</li>`)}
          </ol>`
    }
  </section>`
}

function entryOf(entry: HistoryEntry, now: Date): Html {
  if (entry.type === 'rejection') {
    const { at, message, issues } = entry
    return html`<h3>Rejected ${timeOf(at, now)}</h3>
      ${issues.length > 0 ? issueTable(`Rejected ${at}`, issues) : html`<p><span class="text">${clip(message)}</span></p>`}`
  }
  const { at, version, digest, differences, omitted, durations } = entry
  const took = STAGES.flatMap((stage) => {
    const ms = durations[stage]
    return ms === undefined ? [] : [`${stage} ${ms.toFixed(1)} ms`]
  })
  return html`<h3>Changed to version ${version} ${timeOf(at, now)}</h3>
    <p class="quiet"><code>${digest}</code></p>
    ${took.length > 0 && html`<p class="quiet">${took.join(', ')}</p>`}
    ${differenceTable(`Changed to version ${version}`, differences, omitted)}`
}

function differenceTable(label: string, differences: readonly Difference[], omitted: number): Html {
  const rows = differences.slice(0, MAX_ROWS).map(
    ({ path, before, after }) =>
      html`<tr>
        <th scope="row"><code>${clip(path) || '(all)'}</code></th>
        <td data-label="Before">${shown(before)}</td>
        <td data-label="After">${shown(after)}</td>
      </tr>`,
  )
  return html`${table('diff', label, ['Path', 'Before', 'After'], rows)}${andMore(differences.length + omitted, rows.length)}`
}

function issueTable(label: string, issues: readonly Omit<Issue, 'code'>[]): Html {
  const rows = issues.slice(0, MAX_ROWS).map(({ path, message, ...place }) => {
    return html`<tr>
      <th scope="row">${path === undefined ? 'the whole' : html`<code>${clip(path)}</code>`}</th>
      <td data-label="Where">${placeOf(place)}</td>
      <td data-label="Problem"><span class="text">${clip(message)}</span></td>
    </tr>`
  })
  return html`${table('issues', label, ['Path', 'Where', 'Problem'], rows)}${andMore(issues.length, rows.length)}`
}

function codes(paths: readonly string[]): Html | string {
  if (paths.length === 0) return 'nothing'
  const more = paths.length > MAX_ROWS ? ` and ${paths.length - MAX_ROWS} more` : ''
  const shownPaths = paths.slice(0, MAX_ROWS)
  return html`${shownPaths.map((path, index) => html`${index > 0 && ', '}<code>${clip(path)}</code>`)}${more}`
}

/** Renders a time for machines and people, and how long ago it was when `now` is given. */
function timeOf(at: string | null, now?: Date): Html | string {
  if (at === null) return 'never'
  const readable = at.replace('T', ' ').replace(/\.\d+/, '').replace('Z', ' UTC')
  return html`<time datetime="${at}">${readable}${now && `, ${ago(now.getTime() - Date.parse(at))}`}</time>`
}

function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const
  const [unit, size] = units.find(([, size]) => seconds >= size) ?? (['second', 1] as const)
  const count = Math.floor(seconds / size)
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`
}
