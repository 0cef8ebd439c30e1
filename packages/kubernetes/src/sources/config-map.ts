import type { Source } from '@hot-config/core'

import { objectSource } from './object-source.js'
import type { ObjectOptions } from '../options.js'

/**
 * A ConfigMap read from the Kubernetes API, without a mount and without the kubelet's delay. A key means the same as a
 * file of a volume. Needs the verbs `list` and `watch` on the ConfigMap.
 *
 * @example
 * createHotConfig({ schema, sources: configMap({ name: 'app' }) })
 *
 * @throws {OptionError} for unknown or invalid options
 */
export function configMap(options: ObjectOptions): Source {
  return objectSource('ConfigMap', options)
}
