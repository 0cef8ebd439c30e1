import { isDeepStrictEqual } from 'node:util'

import { OptionError } from '../errors/errors.js'
import type { KeyPaths } from '../formats/parse.js'
import { ownAt, valueAt } from '../trees/path.js'
import type { ConvictSchema } from './schema.js'
import { withoutValue } from '../secrets/without-value.js'
import { atOnce } from '../async/slices.js'
import { TreeError, isBranch, isPlainObject } from '../trees/tree.js'
import { checkBounds } from '../trees/bounds.js'
import type { Tree } from '../trees/tree.js'
import type { SchemaProblem, Validator } from './validator.js'

/** The part of convict that is used here. */
type Convict = (
  schema: object,
  options?: { env?: NodeJS.ProcessEnv; args?: string[] },
) => {
  load(tree: object): void
  validate(options: { allowed: 'warn' | 'strict'; output: (message: string) => void }): void
  getProperties(): unknown
  set(path: string, value: unknown): void
}

interface Leaf {
  readonly path: string
  readonly env: string | undefined
  readonly sensitive: boolean
}

/**
 * A convict schema. A new instance judges each tree, since what a convict instance has loaded it never forgets. Its own
 * precedence holds: defaults < sources < environment < arguments.
 */
export async function convictValidator(schema: ConvictSchema): Promise<Validator> {
  const convict = await loadConvict()
  const leaves = [...leavesOf(schema)]
  try {
    // without the environment and arguments: what they hold is no mistake in the schema
    convict(schema, { env: {}, args: [] })
  } catch (error) {
    throw new OptionError(`schema: the convict schema is not valid: ${(error as Error).message}`, { cause: error })
  }

  return {
    keyPaths: keyPathsOf(leaves),
    sensitive: leaves.filter((leaf) => leaf.sensitive).map((leaf) => leaf.path),

    validate(tree, previous) {
      const unfit = findUnfit(tree, previous?.tree)
      if (unfit) return { problems: [unfit] }
      let instance: ReturnType<Convict>
      try {
        instance = convict(schema)
        instance.load(tree)
      } catch {
        return { problems: findUnloadable(convict, schema, leaves, tree) }
      }
      const undeclared: string[] = []
      try {
        instance.validate({ allowed: 'warn', output: (warning) => undeclared.push(...undeclaredPaths(warning)) })
      } catch (error) {
        return { problems: problemsOf((error as Error).message, leaves, instance.getProperties()) }
      }
      const value = instance.getProperties()
      return { value, undeclared, pinnedByEnvironment: pinned(instance, leaves, tree, value) }
    },
  }
}

async function loadConvict(): Promise<Convict> {
  try {
    return (await import('convict')).default
  } catch (error) {
    throw new OptionError('schema: it is a convict schema, but convict is not installed: npm install convict', {
      cause: error,
    })
  }
}

/** The entries of a schema, by convict's rule: what has a `default`, and what is no object or an empty one. */
function* leavesOf(node: object, prefix = ''): Generator<Leaf> {
  for (const [key, child] of Object.entries(node) as [string, unknown][]) {
    const path = prefix + key
    if (isPlainObject(child) && Object.keys(child).length > 0 && !('default' in child)) {
      yield* leavesOf(child, `${path}.`)
    } else {
      const { env, sensitive } = (child ?? {}) as { env?: unknown; sensitive?: unknown }
      yield { path, env: typeof env === 'string' ? env : undefined, sensitive: sensitive === true }
    }
  }
}

/** Several entries may share a variable, which convict gives to all of them. */
function keyPathsOf(leaves: readonly Leaf[]): KeyPaths {
  const keyPaths = new Map<string, string[][]>()
  for (const { env, path } of leaves) {
    if (env !== undefined) keyPaths.set(env, [...(keyPaths.get(env) ?? []), path.split('.')])
  }
  return keyPaths
}

/** convict tells what is wrong in one text: a line `path: message: value was ...` each, the value as JSON. */
function problemsOf(text: string, leaves: readonly Leaf[], properties: unknown): SchemaProblem[] {
  const problems: { path: string[]; message: string; source?: string }[] = []
  for (const line of text.split('\n')) {
    const missing = /^configuration param '(.*)' missing from config/.exec(line)?.[1]
    const leaf = leaves.find(({ path }) => line.startsWith(`${path}: `))
    if (missing !== undefined) {
      problems.push({ path: missing.split('.'), message: 'is missing: its parent was replaced by a value' })
    } else if (leaf) {
      const path = leaf.path.split('.')
      const value = valueAt(properties, path)
      const suffix = `: value was ${JSON.stringify(value)}`
      const message = line.slice(leaf.path.length + 2)
      problems.push({
        path,
        message: withoutValue(message.endsWith(suffix) ? message.slice(0, -suffix.length) : message, value).trim(),
        ...(isSet(leaf.env) && { source: `env:${leaf.env}` }),
      })
    } else {
      // the rest of a message of several lines
      const last = problems.at(-1)
      if (last) last.message += `\n${line}`
      else problems.push({ path: [], message: line })
    }
  }
  return problems
}

/** What convict would get lost in, in what is not part of a tree that it took before. */
function findUnfit(tree: Tree, known: Tree | undefined): SchemaProblem | undefined {
  const path: string[] = []
  const findDot = (node: unknown, before: unknown): boolean =>
    isPlainObject(node) &&
    node !== before &&
    Object.keys(node).some((key) => {
      path.push(key)
      const found = key.includes('.') || findDot(node[key], ownAt(before, key))
      if (!found) path.pop()
      return found
    })
  if (findDot(tree, known)) {
    return { path, message: 'has a dot in its name, which convict takes for the end of a name' }
  }
  try {
    // it walks class instances as well, and without an end where they lead back to themselves
    atOnce(checkBounds(tree, known, (value): value is Tree => isBranch(value)))
    return undefined
  } catch (error) {
    if (!(error instanceof TreeError)) throw error
    return { path: error.segments, message: error.message }
  }
}

/** convict gives up on a tree without saying where, and may quote it: tries what it takes text for, one by one. */
function findUnloadable(convict: Convict, schema: ConvictSchema, leaves: readonly Leaf[], tree: Tree): SchemaProblem[] {
  const message = 'is not of a form that its format takes'
  const fails = (env: NodeJS.ProcessEnv, candidate: Tree): boolean => {
    try {
      convict(schema, { env, args: [] }).load(candidate)
      return false
    } catch {
      return true
    }
  }
  const found = leaves.flatMap(({ path, env }): SchemaProblem[] => {
    const segments = path.split('.')
    if (isSet(env) && fails({ [env]: process.env[env] }, {})) return [{ path: segments, message, source: `env:${env}` }]
    const value = valueAt(tree, segments)
    const candidate = segments.reduceRight<unknown>((below, name) => ({ [name]: below }), value) as Tree
    return value !== undefined && fails({}, candidate) ? [{ path: segments, message }] : []
  })
  return found.length > 0 ? found : [{ path: [], message: 'convict could not take the configuration or the arguments' }]
}

function undeclaredPaths(warning: string): string[] {
  return Array.from(
    warning.matchAll(/configuration param '(.*?)' not declared in the schema$/gms),
    (match) => match[1] ?? '',
  )
}

/** Where the sources give another value than the one that counts. The instance is of no use for anything after that. */
function pinned(instance: ReturnType<Convict>, leaves: readonly Leaf[], tree: Tree, value: unknown): string[] {
  const given = leaves.filter(({ path, env }) => isSet(env) && valueAt(tree, path.split('.')) !== undefined)
  if (given.length === 0) return []
  // convict makes of them what it made of the variables: "8080", "08080" and 8080 are one port
  for (const { path } of given) instance.set(path, valueAt(tree, path.split('.')))
  const properties = instance.getProperties()
  return given
    .map(({ path }) => path)
    .filter((path) => !isDeepStrictEqual(valueAt(properties, path.split('.')), valueAt(value, path.split('.'))))
}

function isSet(env: string | undefined): env is string {
  return env !== undefined && process.env[env] !== undefined
}
