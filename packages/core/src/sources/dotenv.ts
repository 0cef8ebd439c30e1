import { resolve } from 'node:path'

import { readOptions } from '../errors/option-checks.js'
import type { TableOf } from '../errors/option-checks.js'
import { ENV_OPTIONS } from './env.js'
import type { EnvOptions } from './env.js'
import { FILE_OPTIONS, file } from './file.js'
import type { FileOptions } from './file.js'
import type { Source } from './source.js'

export interface DotenvOptions extends EnvOptions, Omit<FileOptions, 'format'> {}

const { format: _, ...REST } = FILE_OPTIONS

const OPTIONS = { ...ENV_OPTIONS, ...REST } satisfies TableOf<DotenvOptions>

/**
 * A file of variables. Their names become paths by the rules of `env()`: with the prefix `APP_`, `APP_LOG__LEVEL=debug`
 * sets `log.level`. A name that is the `env` of a convict entry sets that entry. The file is watched like any other.
 *
 * @example
 * dotenv('.env.local', { prefix: 'APP_', required: false })
 *
 * @throws {OptionError} for an invalid path, and for unknown or invalid options
 */
export function dotenv(path: string, options: DotenvOptions = {}): Source {
  const { prefix, separator, map, ...rest } = readOptions(options, OPTIONS)
  const source = file(path, { ...rest, format: 'dotenv' })
  const names = { prefix, separator, map }
  return {
    ...source,
    name: `dotenv:${resolve(path)}`,
    async read(signal) {
      const reading = await source.read(signal)
      return { ...reading, entries: reading.entries.map((entry) => ({ ...entry, names })) }
    },
  }
}
