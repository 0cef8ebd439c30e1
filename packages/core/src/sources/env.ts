import { createHash } from 'node:crypto'

import { readOptions } from '../errors/option-checks.js'
import type { TableOf } from '../errors/option-checks.js'
import { anyText, text } from '../errors/option-kinds.js'
import type { Reading, Source } from './source.js'

const STUCK: Pick<Reading, 'updatable' | 'warnings'> = {
  updatable: false,
  warnings: [
    'the environment of a running process never changes: mount the ConfigMap as a volume and name its folder as a source',
  ],
}

/** Marks what `env()` makes. */
const ENVIRONMENT = Symbol.for('hot-config:env')

export interface EnvOptions {
  /** Takes only the variables whose names start with this, and takes it off. Default: all variables. */
  readonly prefix?: string | undefined
  /** What stands between the parts of a path. Default `__`. */
  readonly separator?: string | undefined
}

const OPTIONS = { prefix: anyText(''), separator: text('__') } satisfies TableOf<EnvOptions>

/**
 * Environment variables: with the prefix `APP_`, `APP_LOG__LEVEL` becomes `log.level` and `APP_DB__MAX_CONNECTIONS`
 * becomes `db.maxConnections`. A part that has a lower-case letter is taken as it is. Values are text, for the schema
 * to coerce.
 *
 * The environment of a process never changes from outside, so this source never updates.
 *
 * @throws {OptionError} for options that make no sense
 */
export function env(options: EnvOptions = {}): Source {
  const { prefix, separator } = readOptions(options, OPTIONS)
  const source: Source & { readonly [ENVIRONMENT]: true } = {
    [ENVIRONMENT]: true,
    name: prefix ? `env:${prefix}*` : 'env',
    async read(signal) {
      signal.throwIfAborted()
      const entries = Object.entries(process.env)
        .filter(([name, value]) => value !== undefined && name.startsWith(prefix) && name.length > prefix.length)
        .map(([name, value]) => ({ path: name.slice(prefix.length).split(separator).map(partOfPath), value }))
      const revision = `sha256:${createHash('sha256').update(JSON.stringify(entries)).digest('hex')}`
      return { revision, entries }
    },
  }
  return source
}

/** Has sources say that they are stuck when there are none but the environment: then no update can ever come. */
export function markEnvironmentOnly(sources: readonly Source[]): Source[] {
  if (!sources.every((source) => ENVIRONMENT in source)) return [...sources]
  return sources.map((source) => ({
    ...source,
    read: async (signal) => ({ ...(await source.read(signal)), ...STUCK }),
  }))
}

function partOfPath(part: string): string {
  if (/[a-z]/.test(part)) return part
  return part.toLowerCase().replace(/(?<=.)_+(.)/g, (_, letter: string) => letter.toUpperCase())
}
