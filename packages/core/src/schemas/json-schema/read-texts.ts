import { atOnce } from '../../async/slices.js'
import { MAX_DEPTH } from '../../trees/bounds.js'
import { mutableCopy } from '../../trees/copy.js'
import { valueAt } from '../../trees/path.js'
import { isPlainObject } from '../../trees/tree.js'
import type { Exact } from '../exact-text.js'
import type { AjvError, Check } from './ajv-types.js'
import { Checks, isUnion } from './branches.js'
import { ErrorSet } from './error-set.js'
import { segmentsOf } from './pointer.js'
import { readAs } from './read-as.js'

/** A value whose texts were read. */
interface Reading {
  readonly value: unknown
  /** Empty for a valid value. */
  readonly errors: readonly AjvError[]
  readonly misfit: number
  /** What was read. Of two readings, the one with the smaller text changes less. */
  readonly cost: string
}

/** How far a value is from a schema. A literal is the farthest, because it tells the branches of a union apart. */
const MISFIT = { none: 0, other: 1, type: 2, literal: 3 } as const

/**
 * Replaces texts that have the wrong type by the values that they spell, because flat sources hold only text. Unlike
 * ajv's `coerceTypes`, it never guesses. Numbers and booleans become texts only when they are defaults of the schema,
 * such as `{ type: 'string', default: 3000 }`. Mutates `given`.
 *
 * @param tree the value without defaults
 * @param isBranch whether `check` is that of a branch of a union
 */
export function readTexts(checks: Checks, check: Check, given: unknown, tree: unknown, isBranch = false): Reading {
  const draft = new Draft(given, tree)
  const tried = new ErrorSet()
  const failures: Failure[] = []
  // Reading a text may reveal others, such as the items of a list. A recursive schema could go on forever.
  for (let pass = 0; ; pass++) {
    const { value, cost } = draft
    const errors = checks.errorsOf(check, value)
    if (errors.length === 0) return { value, errors, misfit: MISFIT.none, cost }
    const isLast = pass === MAX_DEPTH || (isBranch && checks.areTooMany)
    const { unions, others } = isLast ? { unions: [], others: errors } : checks.withoutBranches(errors, value)
    if (!isLast && others.filter((error) => draft.readText(error)).length > 0) continue
    const misfits = new Set(others.map((error) => misfitOf(error, value)))
    const misfit = Math.max(unions.length > 0 ? MISFIT.type : MISFIT.other, ...misfits)
    // The unions within a branch can't make it fit if its other values do not.
    const isHopeless = isBranch && (misfits.has(MISFIT.type) || misfits.has(MISFIT.literal))
    const untried = isHopeless ? [] : unions.filter((union) => !tried.has(union))
    if (untried.length === 0) {
      return { value, errors: draft.causes(ofMeant(errors, failures, value, checks)), misfit, cost }
    }
    for (const union of untried) {
      tried.add(union)
      const meant = draft.readUnion(union, isBranch ? checks : new Checks(checks.branchesOf))
      if (meant) failures.push({ union, meant })
    }
  }
}

/** A union that no branch of fits, with the errors of those that are meant. */
interface Failure {
  readonly union: AjvError
  readonly meant: readonly AjvError[]
}

/** Leaves out the errors of branches that are not meant. */
function ofMeant(
  errors: readonly AjvError[],
  failures: readonly Failure[],
  value: unknown,
  checks: Checks,
): readonly AjvError[] {
  const all = new ErrorSet()
  const kept = new ErrorSet()
  for (const { union, meant } of failures) {
    checks.addErrors(all, union, value)
    for (const error of meant) kept.add(error, union.instancePath)
  }
  return errors.filter((error) => kept.has(error) || !all.has(error))
}

function misfitOf({ keyword, instancePath }: AjvError, value: unknown): number {
  // A branch for something else than objects is not meant for an object.
  const isOtherKind = keyword === 'type' && instancePath === '' && isPlainObject(value)
  if (keyword === 'const' || keyword === 'enum' || isOtherKind) return MISFIT.literal
  return keyword === 'type' ? MISFIT.type : MISFIT.other
}

/** A value whose texts are being read. */
class Draft {
  readonly #root: { value: unknown }
  readonly #tree: unknown
  readonly #costs: string[] = []

  constructor(value: unknown, tree: unknown) {
    this.#root = { value }
    this.#tree = tree
  }

  get value(): unknown {
    return this.#root.value
  }

  /** Of two costs, the smaller text has fewer lists, then fewer objects, then fewer numbers and booleans. */
  get cost(): string {
    return Array.from(this.#costs.join('')).toSorted().toReversed().join('')
  }

  /** Reads the text that an error is about. @returns whether it could be read */
  readText(error: AjvError): boolean {
    const path = segmentsOf(error.instancePath)
    const exact = this.#read(error, path)
    if (!exact || 'fault' in exact) return false
    this.#put(path, exact.value, costOf(exact.value))
    return true
  }

  /** Leaves out the errors about numbers and booleans that a branch would have read if the others fitted. */
  causes(errors: readonly AjvError[]): readonly AjvError[] {
    const causes = errors.filter((error) => {
      const exact = this.#read(error, segmentsOf(error.instancePath))
      return !exact || 'fault' in exact || typeof exact.value === 'object'
    })
    return causes.every(isUnion) ? errors : causes
  }

  #read(error: AjvError, path: readonly string[]): Exact | undefined {
    const given = valueAt(this.value, path)
    const isDefault = error.parentSchema?.['default'] === given && valueAt(this.#tree, path) === undefined
    return typeof given === 'string' ? readAs(error, given) : isDefault ? textOf(error, given) : undefined
  }

  /**
   * Reads the texts at the place of a union by the branch that fits. If several do, it is the one that changes least. If
   * none does, it is the one that is meant, as far as literals tell.
   *
   * @returns the errors of the branches that are meant, if they are not all of them
   */
  readUnion(union: AjvError, checks: Checks): readonly AjvError[] | undefined {
    const path = segmentsOf(union.instancePath)
    const given = valueAt(this.value, path)
    const tree = valueAt(this.#tree, path)
    const branches = checks.branchesOf(union)
    const read = branches.map((branch) => readTexts(checks, branch, atOnce(mutableCopy(given)), tree, true))
    const isAlone = ({ value }: Reading): boolean =>
      branches.filter((branch) => checks.errorsOf(branch, value).length === 0).length === 1
    const isMatch = (reading: Reading): boolean => union.keyword === 'anyOf' || isAlone(reading)
    const [best] = read
      .map((each) => (each.misfit > 0 || isMatch(each) ? each : { ...each, misfit: MISFIT.other }))
      .toSorted(byFit)
    if (!best || best.misfit === MISFIT.literal) return undefined
    if (best.cost !== '') this.#put(path, best.value, best.cost)
    return isPlainObject(given) && best.misfit > 0
      ? read.flatMap(({ misfit, errors }) => (misfit === MISFIT.literal ? [] : errors))
      : undefined
  }

  #put(path: readonly string[], value: unknown, cost: string): void {
    const [key = '', ...above] = ['value', ...path].toReversed()
    const parent = valueAt(this.#root, above.toReversed()) as Record<string, unknown>
    parent[key] = value
    this.#costs.push(cost)
  }
}

function byFit(left: Reading, right: Reading): number {
  return left.misfit - right.misfit || Number(left.cost > right.cost) - Number(left.cost < right.cost)
}

function costOf(value: unknown): string {
  if (Array.isArray(value)) return '3'
  return typeof value === 'object' ? '2' : '1'
}

/** A default as the text that is expected. */
function textOf({ keyword, params }: AjvError, value: unknown): Exact | undefined {
  const isText = keyword === 'type' && [params['type']].flat().includes('string')
  return isText && (typeof value === 'number' || typeof value === 'boolean') ? { value: String(value) } : undefined
}
