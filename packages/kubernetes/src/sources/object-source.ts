import type { Source } from '@hot-config/core'

import { ApiSource } from './api-source.js'
import { resolveTarget } from '../connection/target.js'
import { checkKeys, entriesOf } from './entries.js'
import { checkNames, optionError, resolveStart } from '../options.js'
import type { ObjectOptions } from '../options.js'
import type { Kind } from '../reflector/held-object.js'

const PREFIX: Record<Kind, string> = { ConfigMap: 'configMap', Secret: 'secret' }

/** One object of the API as a source. @throws for options that make no sense */
export function objectSource(kind: Kind, options: ObjectOptions): Source {
  checkNames(options, ['name'])
  const { name, keys } = options
  if (typeof name !== 'string' || !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)) {
    throw optionError(`name: expected the name of a ${kind}`)
  }
  const target = resolveTarget(options)
  const start = resolveStart(options)
  return new ApiSource({
    name: `${PREFIX[kind]}:${target.namespace}/${name}`,
    target,
    start,
    selection: { kind, namespace: target.namespace, select: { name } },
    entriesOf: ([object]) => {
      if (!object) return []
      if (start.required) checkKeys(object, keys)
      return entriesOf(object, { keys, secret: kind === 'Secret' })
    },
  })
}
