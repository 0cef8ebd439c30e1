import { UsageError } from '../usage-error.js'

/** The label of several configurations in one process. Only the metrics of hot-config have it, and `up` has not. */
const CONFIG_LABEL = 'config'

const REQUIREMENT =
  /^(?:(?<absent>!)?\s*(?<only>[\w./-]+)|(?<name>[\w./-]+)\s*(?:(?<operator>==?|!=)\s*(?<value>[^\s,()]*)|\s(?<set>in|notin)\s*\((?<values>[^()]*)\)))$/

/** What chooses series, as the label matchers of PromQL. */
export interface LabelMatchers {
  readonly all: string
  /** Without that of the label `config`. */
  readonly ofTarget: string
}

/**
 * Converts labels, as `kubectl` takes them, to matchers. A character that the name of a label of Prometheus can't have
 * is `_`, as in the labels that Prometheus makes of those of a pod.
 *
 * @throws {UsageError} for labels that make no sense
 */
export function labelMatchers(selector: string, namespace: string | undefined): LabelMatchers {
  const matchers = requirementsIn(selector).map(matcherOf)
  if (namespace !== undefined) matchers.unshift(['namespace', `namespace=${JSON.stringify(namespace)}`])
  const textOf = (chosen: typeof matchers): string => chosen.map(([, text]) => text).join(',')
  return { all: textOf(matchers), ofTarget: textOf(matchers.filter(([name]) => name !== CONFIG_LABEL)) }
}

/** Splits at the commas that are not within parentheses. */
function requirementsIn(selector: string): string[] {
  return selector.split(/,(?![^(]*\))/).map((text) => text.trim())
}

function matcherOf(requirement: string): [name: string, matcher: string] {
  const {
    absent,
    only,
    name = only ?? '',
    operator,
    value,
    set,
    values = '',
  } = REQUIREMENT.exec(requirement)?.groups ?? {}
  if (name === '') {
    const expected =
      'expected NAME=VALUE, NAME!=VALUE, NAME in (A,B), NAME notin (A,B), NAME or !NAME, with commas between'
    throw new UsageError(`--selector ${JSON.stringify(requirement)}: ${expected}`)
  }
  const label = name.replace(/[^a-zA-Z\d_]/g, '_')
  if (operator !== undefined) return [label, `${label}${operator === '!=' ? '!=' : '='}${JSON.stringify(value)}`]
  if (set === undefined) return [label, `${label}${absent === undefined ? '!=' : '='}""`]
  const choice = values.split(',').map((each) => each.trim().replace(/[^\w-]/g, String.raw`\$&`))
  return [label, `${label}${set === 'in' ? '=~' : '!~'}${JSON.stringify(choice.join('|'))}`]
}
