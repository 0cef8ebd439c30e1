import type { Source } from '@hot-config/core'

import { objectSource } from './object-source.js'
import type { ObjectOptions } from '../options.js'

/**
 * A Secret read from the Kubernetes API. A key means the same as a file of a volume, and no value is ever shown. Needs
 * the verbs `list` and `watch` on the Secret.
 *
 * @throws {OptionError} for unknown or invalid options
 */
export function secret(options: ObjectOptions): Source {
  return objectSource('Secret', options)
}
