import type { Source } from '@hot-config/core'
import { FormatChoice, KeyChoice, readOptions, requiredKeys } from '@hot-config/core/internal'

import { ApiSource } from './api-source.js'
import { resolveTarget } from '../connection/target.js'
import { checkKeys, entriesOf } from './entries.js'
import { CONNECTION, START, objectName } from '../options.js'
import type { ObjectOptions } from '../options.js'
import type { Kind } from '../reflector/held-object.js'

const PREFIX: Record<Kind, string> = { ConfigMap: 'configMap', Secret: 'secret' }

const COMMON = { ...START, ...CONNECTION } satisfies Record<keyof Omit<ObjectOptions, 'name'>, unknown>

const OPTIONS = {
  ConfigMap: { name: objectName('ConfigMap').required, ...COMMON },
  Secret: { name: objectName('Secret').required, ...COMMON },
} satisfies Record<Kind, Record<keyof ObjectOptions, unknown>>

/** A source of one object of the API. @throws {OptionError} for unknown or invalid options */
export function objectSource(kind: Kind, options: ObjectOptions): Source {
  const { name, keys, ignore, required, formats, startTimeoutMs, ...connection } = readOptions(options, OPTIONS[kind])
  const target = resolveTarget(connection)
  const choice = new KeyChoice(keys, ignore)
  const formatChoice = new FormatChoice(formats)
  return new ApiSource({
    name: `${PREFIX[kind]}:${target.namespace}/${name}`,
    target,
    start: { isRequired: required !== false, timeoutMs: startTimeoutMs },
    selection: { kind, namespace: target.namespace, select: { name } },
    entriesOf: ([object]) => {
      if (!object) return []
      const entries = entriesOf(object, choice, formatChoice, kind === 'Secret')
      checkKeys(requiredKeys(keys, required), choice, entries, [object])
      return entries
    },
  })
}
