import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

import type { Schema } from '@hot-config/core'

import { cacheFolder } from '../cache-folder.js'

/** The version of core that validates. */
export type Core = typeof import('@hot-config/core') &
  Pick<typeof import('@hot-config/core/internal'), 'ContentValidator'>

/**
 * Loads a schema: the default export or the export `schema` of a module, or a JSON Schema in a `.json` file.
 *
 * @throws {Error} when the file can't be loaded, or has no schema
 */
export async function loadSchema(file: string): Promise<Schema> {
  if (file.endsWith('.json')) return JSON.parse(await readFile(file, 'utf8')) as Schema
  const schema = exported(await loadModule(file))
  if (schema !== undefined && schema !== null) return schema
  throw new Error('it has no default export and no export "schema": export the schema as one of them')
}

type Module = Record<string, unknown>

async function loadModule(file: string): Promise<Module> {
  const load = (): Promise<Module> => import(pathToFileURL(file).href) as Promise<Module>
  if (!/\.[cm]?ts$/.test(file)) return load()
  if (!HAS_TYPESCRIPT) return compile(file)
  // Node only removes types: an enum, or an import without an ending, needs a compiler.
  return load().catch(() => compile(file))
}

/** Whether Node loads TypeScript by itself, which takes a fifth of the time. */
const HAS_TYPESCRIPT = Boolean((process.features as { readonly typescript?: unknown }).typescript)

async function compile(file: string): Promise<Module> {
  // by `require`, since an import would search all of its code for exports
  const { createJiti } = createRequire(import.meta.url)('jiti') as typeof import('jiti')
  const jiti = createJiti(pathToFileURL(file).href, { fsCache: cacheFolder(), interopDefault: false })
  const module: Module = await jiti.import(file)
  // `export =` makes the schema all of the module
  return file.endsWith('.cts') && module['__esModule'] !== true ? { default: module } : module
}

/** In CommonJS, the default export is the object of all exports, and may itself have a default export. */
function exported(module: Record<string, unknown>): unknown {
  const { default: byDefault, schema } = module
  if (typeof byDefault !== 'object' || byDefault === null) return byDefault ?? schema
  const inner = byDefault as Record<string, unknown>
  if (inner['__esModule'] === true) return inner['default'] ?? inner['schema']
  return schema !== undefined && inner['schema'] === schema ? schema : byDefault
}

/** A name that the bundler does not see, so that it stays an import. */
const INTERNAL = ['@hot-config/core', 'internal'].join('/')

/**
 * Loads the core of the project that the schema belongs to, because the service runs that version, with its convict and
 * ajv. A project without core gets that of this program.
 */
export async function loadCore(file: string): Promise<Core> {
  const own = pathOfCore(import.meta.url)
  const path = pathOfCore(pathToFileURL(file).href) ?? own
  // the same copy is not loaded twice, as ES modules and as CommonJS
  const [core, internal] = await (path === own
    ? Promise.all([import('@hot-config/core'), import(INTERNAL) as Promise<Core>])
    : Promise.all(['', '/internal'].map((subpath) => importFrom(file, `@hot-config/core${subpath}`))))
  return { ...core, ContentValidator: internal.ContentValidator }
}

function pathOfCore(from: string): string | undefined {
  try {
    return createRequire(from).resolve('@hot-config/core')
  } catch {
    return undefined
  }
}

function importFrom(file: string, specifier: string): Promise<Core> {
  return import(pathToFileURL(createRequire(pathToFileURL(file)).resolve(specifier)).href) as Promise<Core>
}
