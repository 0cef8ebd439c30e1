import type { Source } from '@hot-config/core'
import { readOptions, textOf } from '@hot-config/core/internal'

import { ApiSource } from './api-source.js'
import { resolveTarget } from '../connection/target.js'
import { checkKeys, entriesOf } from './entries.js'
import { CONNECTION, KEYS, START } from '../options.js'
import type { ObjectOptions } from '../options.js'
import type { Kind } from '../reflector/held-object.js'

const PREFIX: Record<Kind, string> = { ConfigMap: 'configMap', Secret: 'secret' }

const OBJECT_NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/

/** One object of the API as a source. @throws {OptionError} for options that make no sense */
export function objectSource(kind: Kind, options: ObjectOptions): Source {
  const table = { name: textOf(`the name of a ${kind}`, OBJECT_NAME).required, keys: KEYS, ...START, ...CONNECTION }
  const { name, keys, required, startTimeoutMs, ...connection } = readOptions(options, table)
  const target = resolveTarget(connection)
  return new ApiSource({
    name: `${PREFIX[kind]}:${target.namespace}/${name}`,
    target,
    start: { required, startTimeoutMs },
    selection: { kind, namespace: target.namespace, select: { name } },
    entriesOf: ([object]) => {
      if (!object) return []
      if (required) checkKeys(object, keys)
      return entriesOf(object, { keys, secret: kind === 'Secret' })
    },
  })
}
