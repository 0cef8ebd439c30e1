import { formatPath } from '../../trees/path.js'
import { isPlainObject } from '../../trees/tree.js'
import type { Explanation } from '../explanation.js'
import { html } from './html.js'
import type { Html } from './html.js'
import { placeOf, shown, table } from './table.js'

/** How many values are explained, so that the cost of the page has a bound. */
const MAX_VALUES = 200

/** What of a configuration the page explains. */
interface Explained {
  readonly current: unknown
  health(): { readonly version: number }
  explain(paths: readonly string[]): Promise<readonly Explanation[]>
}

/** Where the values come from. */
export interface PageValues {
  readonly explanations: readonly Explanation[]
  /** Whether there are more of them. */
  readonly isCut: boolean
}

/** @returns `undefined` before the first load */
export async function pageValues(config: Explained): Promise<PageValues | undefined> {
  if (config.health().version === 0) return undefined
  const paths: string[] = []
  for (const path of leavesOf(config.current, [])) if (paths.push(path) > MAX_VALUES) break
  const explanations = await config.explain(paths.slice(0, MAX_VALUES))
  // Secret paths are cut, so that several of them may become one.
  const byPath = new Map(explanations.map((explanation) => [explanation.path, explanation]))
  return { explanations: Array.from(byPath.values()), isCut: paths.length > MAX_VALUES }
}

/** The paths of the values. A list is one of them, since lists are replaced as a whole. */
function* leavesOf(value: unknown, path: readonly string[]): Generator<string> {
  const keys = isPlainObject(value) ? Object.keys(value) : []
  if (keys.length === 0 && path.length > 0) yield formatPath(path)
  for (const key of keys) yield* leavesOf((value as Record<string, unknown>)[key], [...path, key])
}

export function valuesSection({ explanations, isCut }: PageValues): Html {
  const rows = explanations.map(
    (explanation) =>
      html`<tr>
        <th scope="row"><code>${explanation.path || '(all)'}</code></th>
        <td data-label="Value">${shown(explanation.value)}</td>
        <td data-label="From">${originOf(explanation)}</td>
        <td data-label="Overrides">
          ${explanation.overrides.map((given) => html`<div>${shown(given.value)} ${placeOf(given)}</div>`)}
        </td>
      </tr>`,
  )
  return html`<section aria-labelledby="values">
    <h2 id="values">Values</h2>
    ${
      rows.length === 0
        ? html`<p class="quiet">None.</p>`
        : table('values', 'Values', ['Path', 'Value', 'From', 'Overrides'], rows)
    }
    ${isCut && html`<p class="quiet">These are the first ${MAX_VALUES} values.</p>`}
  </section>`
}

function originOf({ isDefault, pinnedByEnvironment, canary, lastGood, waiting, ...place }: Explanation): Html {
  return html`${isDefault ? 'the schema' : placeOf(place)}${pinnedByEnvironment && ' pinned by the environment'}${canary && ' canary'}${lastGood && ' last good'}${
    waiting && html`an earlier update; ${shown(waiting.value)} of ${placeOf(waiting)} waits for a restart`
  }`
}
