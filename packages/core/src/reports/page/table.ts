import { inspect } from 'node:util'

import { describePlace } from '../../errors/errors.js'
import type { Place } from '../../layers/givers.js'
import { Html, html } from './html.js'

/** How many rows of one update are shown, and how much of a value or a message. */
export const MAX_ROWS = 50
const MAX_TEXT = 300

export function table(kind: string, label: string, headings: readonly string[], rows: readonly Html[]): Html {
  return html`<table class="${kind}" aria-label="${label}">
    <thead>
      <tr>
        ${headings.map((heading) => html`<th scope="col">${heading}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`
}

export function andMore(count: number, shownCount: number): Html | undefined {
  return count > shownCount ? html`<p class="quiet">And ${count - shownCount} more.</p>` : undefined
}

/** Renders a value, which is redacted already. */
export function shown(value: unknown): Html {
  if (value === undefined) return html`<span class="quiet">not set</span>`
  const text = inspect(value, {
    depth: 6,
    breakLength: Infinity,
    customInspect: false,
    maxArrayLength: MAX_ROWS,
    maxStringLength: MAX_TEXT,
  })
  return html`<code>${clip(text)}</code>`
}

export function clip(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text
}

/** Renders where something is: source, file, line and column. */
export function placeOf({ source, ...rest }: Place): Html {
  const place = describePlace(rest)
  return html`${source !== undefined && html`<code>${source}</code>`}${place !== '' && html` <code>${place}</code>`}`
}
