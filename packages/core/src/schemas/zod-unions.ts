import { withoutValue } from '../secrets/without-value.js'
import { formatPath, valueAt } from '../trees/path.js'
import { pathOf } from './standard-schema.js'
import type { StandardIssue } from './standard-schema.js'

/** An issue of zod. That of a union has the issues of each choice, with relative paths in zod 4 and whole ones in zod 3. */
interface ZodIssue extends StandardIssue {
  readonly code?: unknown
  readonly errors?: unknown
  readonly unionErrors?: unknown
}

type Choice = readonly ZodIssue[]

const LITERALS = new Set<unknown>(['invalid_value', 'invalid_literal', 'invalid_enum_value'])

/** What zod's own message says of a union is only that it is invalid. */
const NOTHING_SAID = 'Invalid input'

/**
 * Returns the issues of the choice that is meant, in place of the issue about a union of zod. If several may be meant, it
 * is one issue that names what all of them expect.
 *
 * @param tree what was validated, whose values the issue must not quote
 */
export function issuesOfUnion(issue: ZodIssue, tree: unknown): readonly StandardIssue[] {
  const choices = choicesOf(issue)
  if (choices.length === 0 || issue.message !== NOTHING_SAID) return [issue]
  const sameKind = withoutMisfits(choices, isTag)
  const meant = withoutMisfits(sameKind, (each) => each.code === 'invalid_type' && isAtTop(each))
  const [first = []] = meant
  if (meant.length === 1 && !first.every(isAtTop)) {
    return first.flatMap((each) => issuesOfUnion({ ...each, path: [...pathOf(issue), ...pathOf(each)] }, tree))
  }
  const given = valueAt(tree, pathOf(issue))
  const expected = new Set(
    meant.map((choice) => {
      const tags = choice.filter(isTag)
      const issues = (tags.length > 0 ? tags : choice).flatMap((each) => issuesOfUnion(each, given))
      return issues.map((each) => textOf(each, given)).join(' and ')
    }),
  )
  return [{ path: pathOf(issue), message: [...expected].join('; or ') }]
}

function choicesOf({ code, errors, unionErrors, path = [] }: ZodIssue): Choice[] {
  if (code !== 'invalid_union') return []
  if (Array.isArray(errors)) return errors as Choice[]
  if (!Array.isArray(unionErrors)) return []
  return (unionErrors as { issues: Choice }[]).map(({ issues }) =>
    issues.map((each) => ({ ...each, path: pathOf(each).slice(path.length) })),
  )
}

/** Leaves out the choices with such an issue, if there are others. */
function withoutMisfits(choices: readonly Choice[], isMisfit: (issue: ZodIssue) => boolean): readonly Choice[] {
  const rest = choices.filter((choice) => !choice.some(isMisfit))
  return rest.length > 0 ? rest : choices
}

/** Whether it is about what tells the choices apart. */
function isTag(issue: ZodIssue): boolean {
  return LITERALS.has(issue.code) && !isAtTop(issue)
}

function isAtTop(issue: ZodIssue): boolean {
  return pathOf(issue).length === 0
}

function textOf(issue: StandardIssue, given: unknown): string {
  if (isAtTop(issue)) return issue.message
  return `${formatPath(pathOf(issue))}: ${withoutValue(issue.message, valueAt(given, pathOf(issue)))}`
}
