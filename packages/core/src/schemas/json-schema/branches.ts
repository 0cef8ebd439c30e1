import { valueAt } from '../../trees/path.js'
import type { Ajv, AjvError, Check } from './ajv-types.js'
import { ErrorSet } from './error-set.js'
import { segmentsOf } from './pointer.js'

/** Returns the checks for the branches of a union that failed, each on its own. */
export type Branches = (union: AjvError) => readonly Check[]

/**
 * The most checks and errors for one union and the unions in it. The number of combinations of their branches grows
 * exponentially with the depth, and validation must not block the process for long.
 */
const MAX_WORK = 100_000

const ROOT = 'hot-config.json'

/** Compiles the branches of a union on first use, because the texts of most unions need no reading. */
export function branchesIn(schema: object, createAjv: () => Ajv): Branches {
  const compiled = new Map<unknown, readonly Check[]>()
  let prepared: { readonly ajv: Ajv; readonly pointers: ReadonlyMap<unknown, string> } | undefined
  const prepare = (): typeof prepared & {} => {
    const ajv = createAjv()
    ajv.addSchema(schema, ROOT)
    return { ajv, pointers: pointersIn(schema) }
  }
  const compile = ({ keyword, parentSchema }: AjvError, choices: readonly unknown[]): Check[] => {
    prepared ??= prepare()
    const { ajv, pointers } = prepared
    const pointer = pointers.get(parentSchema)
    // The schema of a draft itself, which a reference may lead to, has no pointer.
    if (pointer === undefined) return []
    const branchOf = (index: number): Check | undefined => ajv.getSchema(`${ROOT}#${pointer}/${keyword}/${index}`)
    // ajv returns nothing for a branch that refers to the whole schema.
    return choices.flatMap((_choice, index) => branchOf(index) ?? ajv.getSchema(ROOT) ?? [])
  }
  return (union) => {
    const choices = union.parentSchema?.[union.keyword] as readonly unknown[]
    const branches = compiled.get(choices) ?? compile(union, choices)
    compiled.set(choices, branches)
    return branches
  }
}

/** Maps each object in a schema to its JSON pointer. */
function pointersIn(schema: object): ReadonlyMap<unknown, string> {
  const pointers = new Map<unknown, string>()
  const visit = (value: unknown, pointer: string): void => {
    if (typeof value !== 'object' || value === null || pointers.has(value)) return
    pointers.set(value, pointer)
    for (const [key, below] of Object.entries(value)) {
      visit(below, `${pointer}/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
    }
  }
  visit(schema, '')
  return pointers
}

/** The checks of a value, or of the branches of one union in it. */
export class Checks {
  readonly branchesOf: Branches
  #work = 0

  constructor(branchesOf: Branches) {
    this.branchesOf = branchesOf
  }

  /** Whether the unions have too many combinations of branches to try them all. */
  get areTooMany(): boolean {
    return this.#work > MAX_WORK
  }

  /** Returns the errors of a value, none for a valid one. */
  errorsOf(check: Check, value: unknown): readonly AjvError[] {
    const errors = check(value) ? [] : (check.errors ?? [])
    this.#work += 1 + errors.length
    return errors
  }

  /** Separates the unions that failed from the other errors. Leaves out the errors of the branches of these unions. */
  withoutBranches(
    errors: readonly AjvError[],
    value: unknown,
  ): { readonly unions: readonly AjvError[]; readonly others: readonly AjvError[] } {
    const inner = new ErrorSet()
    const unions: AjvError[] = []
    // ajv reports a union after its branches, so that the outermost union comes first.
    for (const error of errors.toReversed()) {
      if (!isUnion(error) || inner.has(error)) continue
      unions.push(error)
      this.addErrors(inner, error, value)
    }
    return { unions, others: errors.filter((error) => !isUnion(error) && !inner.has(error)) }
  }

  /** Adds the errors of all branches of a union. */
  addErrors(errors: ErrorSet, union: AjvError, value: unknown): void {
    const given = valueAt(value, segmentsOf(union.instancePath))
    for (const branch of this.branchesOf(union)) {
      for (const error of this.errorsOf(branch, given)) errors.add(error, union.instancePath)
    }
  }
}

export function isUnion({ keyword }: AjvError): boolean {
  return keyword === 'anyOf' || keyword === 'oneOf'
}
