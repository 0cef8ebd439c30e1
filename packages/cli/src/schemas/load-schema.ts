import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

import type { Schema } from '@hot-config/core'

/** The version of core that validates. */
export type Core = typeof import('@hot-config/core')

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

async function loadModule(file: string): Promise<Record<string, unknown>> {
  if (/\.[cm]?ts$/.test(file)) {
    const { createJiti } = await import('jiti')
    // no cache on disk: it would leave files in the project
    const jiti = createJiti(pathToFileURL(file).href, { fsCache: false, interopDefault: false })
    const module: Record<string, unknown> = await jiti.import(file)
    // `export =` makes the schema all of the module
    return file.endsWith('.cts') && module['__esModule'] !== true ? { default: module } : module
  }
  return (await import(pathToFileURL(file).href)) as Record<string, unknown>
}

/** In CommonJS, the default export is the object of all exports, and may itself have a default export. */
function exported(module: Record<string, unknown>): unknown {
  const { default: byDefault, schema } = module
  if (typeof byDefault !== 'object' || byDefault === null) return byDefault ?? schema
  const inner = byDefault as Record<string, unknown>
  if (inner['__esModule'] === true) return inner['default'] ?? inner['schema']
  return schema !== undefined && inner['schema'] === schema ? schema : byDefault
}

/**
 * Loads the core of the project that the schema belongs to, because the service runs that version, with its convict and
 * ajv. A project without core gets that of this program.
 */
export async function loadCore(file: string): Promise<Core> {
  let own: string
  try {
    own = createRequire(pathToFileURL(file)).resolve('@hot-config/core')
  } catch {
    return import('@hot-config/core')
  }
  return (await import(pathToFileURL(own).href)) as Core
}
