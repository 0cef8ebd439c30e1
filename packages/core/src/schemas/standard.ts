import { setImmediate } from 'node:timers/promises'

import { Steps, atOnce, inSlices } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import { mutableCopy } from '../trees/copy.js'
import type { Tree } from '../trees/tree.js'
import { ANY_NAME, keyPathsOf, namesAt } from './known-names.js'
import type { KnownNames } from './known-names.js'
import { sharesInput } from './shares-input.js'
import { readStandard } from './standard-form.js'
import { pathOf } from './standard-schema.js'
import type { StandardIssue, StandardResult, StandardSchema } from './standard-schema.js'
import { hintFor } from './unknown-names.js'
import type { SchemaProblem, Validator, Verdict } from './validator.js'
import { revalidate } from './zod.js'
import { issuesOfUnion } from './zod-unions.js'

/**
 * Libraries that never mutate their input themselves, and return keys in the order of the schema. Others may not: arktype
 * appends its defaults to a copy that is frozen like the original.
 */
const READERS: ReadonlySet<string | undefined> = new Set(['zod', 'valibot'])

/** Validates by a Standard Schema. See https://standardschema.dev */
export function standardValidator(schema: StandardSchema): Validator {
  const { known, ...marks } = readStandard(schema)
  const { vendor } = schema['~standard']
  const isZod = vendor === 'zod'
  // Copying takes as long as validating, so it is done only where something may mutate the input.
  const isReader = READERS.has(vendor) && !sharesInput(schema)
  const inputOf = (tree: unknown): unknown => (isReader ? tree : atOnce(mutableCopy(tree)))
  return {
    keyPaths: known ? keyPathsOf(known) : new Map(),
    ...marks,
    known,
    isUnordered: !READERS.has(vendor),
    validate(tree, previous) {
      const part = previous && revalidate(schema, previous, tree, inputOf)
      return typeof part === 'object' ? part : validateWhole(tree, part === 'rejected')
    },
  }

  async function validateWhole(tree: Tree, isRepeated: boolean): Promise<Verdict> {
    // The parts may have taken as long as the whole will, so the event loop turns first.
    if (isRepeated) await setImmediate()
    return inSlices(verdictOf(await schema['~standard'].validate(inputOf(tree)), known, isZod ? tree : undefined))
  }
}

function* verdictOf(
  result: StandardResult<unknown>,
  known: KnownNames | undefined,
  tree: Tree | undefined,
): Walk<Verdict> {
  if (!result.issues) return { value: result.value }
  if (result.issues.length === 0) {
    return { problems: [{ path: [], message: 'the schema rejected the value without a reason' }] }
  }
  const problems: SchemaProblem[] = []
  const steps = new Steps()
  for (const issue of result.issues) {
    for (const each of tree ? issuesOfUnion(issue, tree) : [issue]) problems.push(...problemsOf(each, known))
    if (steps.isPauseDue()) yield
  }
  return { problems }
}

function problemsOf(issue: StandardIssue, known: KnownNames | undefined): SchemaProblem[] {
  const path = pathOf(issue)
  const unknown = unknownKeysOf(issue)
  if (unknown.length === 0) return [{ path, message: issue.message }]
  const around = (known && namesAt(known, path)) ?? ANY_NAME
  return unknown.map((key) => ({
    path,
    place: [...path, key],
    message: `Unrecognized key: ${JSON.stringify(key)}${hintFor(key, around)}`,
  }))
}

/**
 * The unknown names in an issue. zod reports all unknown names of a strict object in one issue, at the object's path.
 */
function unknownKeysOf({ code, keys }: StandardIssue & { readonly code?: unknown; readonly keys?: unknown }): string[] {
  return code === 'unrecognized_keys' && Array.isArray(keys) ? keys.map(String) : []
}
