import { createHash } from 'node:crypto'

import { readOptions } from '../errors/option-checks.js'
import type { TableOf } from '../errors/option-checks.js'
import { anyText, recordOf, text, textOf } from '../errors/option-kinds.js'
import { WRITTEN_PATH } from '../trees/flat-name.js'
import { pathOfName } from './env-names.js'
import { serviceLinks } from './service-links.js'
import type { Reading, Source, ValueEntry } from './source.js'

const STUCK: Pick<Reading, 'updatable' | 'warnings'> = {
  updatable: false,
  warnings: [
    'the environment of a running process never changes: mount the ConfigMap as a volume and name its folder as a source',
  ],
}

/** Marks the sources that `env()` returns. */
const ENVIRONMENT = Symbol.for('hot-config:env')

export interface EnvOptions {
  /**
   * Reads only variables whose names begin with this text, and removes it from the names. Default: all variables, or
   * only those in `map` when that is given.
   */
  readonly prefix?: string | undefined
  /** The text between the parts of a path. Default `__`. */
  readonly separator?: string | undefined
  /** The paths of variables whose names follow other rules, such as `{ DATABASE_URL: 'db.url' }`. */
  readonly map?: Readonly<Record<string, string>> | undefined
}

/** The table of {@link EnvOptions}. */
export const ENV_OPTIONS: TableOf<EnvOptions, 'separator' | 'map'> = {
  prefix: anyText(),
  separator: text('__'),
  map: recordOf(textOf('a path such as "db.url"', WRITTEN_PATH), 'an object such as { DATABASE_URL: "db.url" }'),
}

/**
 * The environment variables of the process. With the prefix `APP_`, `APP_LOG__LEVEL` becomes `log.level` and
 * `APP_DB__MAX_CONNECTIONS` becomes `db.maxConnections`. A part with a lower-case letter stays as it is. Values are
 * text, which the schema coerces. The variables that Kubernetes sets for services are left out.
 *
 * Nothing outside a process can change its environment, so this source never updates.
 *
 * @throws {OptionError} for unknown or invalid options
 */
export function env(options: EnvOptions = {}): Source {
  const rules = readOptions(options, ENV_OPTIONS)
  const source: Source & { readonly [ENVIRONMENT]: true } = {
    [ENVIRONMENT]: true,
    name: rules.prefix ? `env:${rules.prefix}*` : 'env',
    async read(signal) {
      signal.throwIfAborted()
      const links = serviceLinks(process.env)
      const entries = Object.entries(process.env).flatMap(([name, value]): ValueEntry[] => {
        const path = value === undefined || links.has(name) ? undefined : pathOfName(name, rules)
        if (!path) return []
        // A name in `map` has its path already, so the schema need not find one.
        const key = Object.hasOwn(rules.map, name) ? {} : { key: name.slice(rules.prefix?.length ?? 0) }
        return [{ name, ...key, path, value, ifKnown: !rules.prefix && !Object.hasOwn(rules.map, name) }]
      })
      const revision = `sha256:${createHash('sha256').update(JSON.stringify(entries)).digest('hex')}`
      return { revision, entries, isEnvironment: true, mayBeEmpty: true }
    },
  }
  return source
}

/** Marks the sources as not updatable when all of them are the environment, so that health warns about it. */
export function markEnvironmentOnly(sources: readonly Source[]): Source[] {
  if (!sources.every((source) => ENVIRONMENT in source)) return [...sources]
  return sources.map((source) => ({
    ...source,
    read: async (signal) => ({ ...(await source.read(signal)), ...STUCK }),
  }))
}
