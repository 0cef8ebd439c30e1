import { OptionError } from '../errors.js'
import { valueAt } from '../paths.js'
import type { ConvictSchema } from '../schema.js'
import { isPlainObject } from '../tree.js'
import type { Tree } from '../tree.js'
import type { Problem, Validator } from './validator.js'

/** The part of convict that is used here. */
type Convict = (schema: object) => {
  load(tree: object): void
  validate(options: { allowed: 'warn' | 'strict'; output: (message: string) => void }): void
  getProperties(): unknown
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
  const byEnv = new Map(leaves.flatMap(({ env, path }) => (env === undefined ? [] : [[env, path.split('.')] as const])))
  try {
    convict(schema)
  } catch (error) {
    throw new OptionError(`the convict schema is not valid: ${(error as Error).message}`, { cause: error })
  }

  return {
    keyPath: (key) => byEnv.get(key),
    sensitive: leaves.filter((leaf) => leaf.sensitive).map((leaf) => leaf.path),

    async validate(tree) {
      const instance = convict(schema)
      try {
        instance.load(tree)
      } catch {
        return { problems: findUnloadable(convict, schema, tree) }
      }
      const undeclared: string[] = []
      try {
        instance.validate({ allowed: 'warn', output: (warning) => undeclared.push(...undeclaredPaths(warning)) })
      } catch (error) {
        return { problems: problemsOf((error as Error).message, leaves, instance.getProperties()) }
      }
      return { value: instance.getProperties(), undeclared, pinnedByEnvironment: pinned(leaves, tree) }
    },
  }
}

async function loadConvict(): Promise<Convict> {
  try {
    return (await import('convict')).default
  } catch (error) {
    throw new OptionError('the schema is a convict schema, but convict is not installed: npm install convict', {
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

/** convict tells what is wrong in one text: a line `path: message: value was ...` each, the value as JSON. */
function problemsOf(text: string, leaves: readonly Leaf[], properties: unknown): Problem[] {
  const problems: { path: string[]; message: string; source?: string }[] = []
  for (const line of text.split('\n')) {
    const missing = /^configuration param '(.*)' missing from config/.exec(line)?.[1]
    const leaf = leaves.find(({ path }) => line.startsWith(`${path}: `))
    if (missing !== undefined) {
      problems.push({ path: missing.split('.'), message: 'is missing: its parent was replaced by a value' })
    } else if (leaf) {
      const path = leaf.path.split('.')
      const value = `: value was ${JSON.stringify(valueAt(properties, path))}`
      const message = line.slice(leaf.path.length + 2)
      problems.push({
        path,
        message: (message.endsWith(value) ? message.slice(0, -value.length) : message).trim(),
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

/** convict gives up on a tree without saying where, and may quote it: tries the values one by one. */
function findUnloadable(convict: Convict, schema: ConvictSchema, tree: Tree): Problem[] {
  const loads = (candidate: Tree): boolean => {
    try {
      convict(schema).load(candidate)
      return true
    } catch {
      return false
    }
  }
  const search = (node: Tree, path: readonly string[]): Problem[] =>
    Object.entries(node).flatMap(([key, value]) => {
      const here = [...path, key]
      if (loads(here.reduceRight<unknown>((below, name) => ({ [name]: below }), value) as Tree)) return []
      const below = isPlainObject(value) ? search(value, here) : []
      return below.length > 0 ? below : [{ path: here, message: 'is not of a form that its format takes' }]
    })
  const found = search(tree, [])
  return found.length > 0 ? found : [{ path: [], message: 'convict could not take the environment or arguments' }]
}

function undeclaredPaths(warning: string): string[] {
  return Array.from(
    warning.matchAll(/configuration param '(.*?)' not declared in the schema/g),
    (match) => match[1] ?? '',
  )
}

function pinned(leaves: readonly Leaf[], tree: Tree): string[] {
  return leaves
    .filter(({ path, env }) => {
      const value = valueAt(tree, path.split('.'))
      return isSet(env) && value !== undefined && asText(value) !== process.env[env]
    })
    .map(({ path }) => path)
}

function isSet(env: string | undefined): env is string {
  return env !== undefined && process.env[env] !== undefined
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
