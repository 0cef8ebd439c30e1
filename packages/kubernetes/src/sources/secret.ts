import type { Source } from '@hot-config/core'

import { objectSource } from './object-source.js'
import type { ObjectOptions } from '../options.js'

/**
 * A Secret of the Kubernetes API. Its keys mean the same as the files of a volume, and nothing it holds is ever shown.
 * Needs the verbs `list` and `watch` on it.
 *
 * @throws {OptionError} for options that make no sense
 */
export function secret(options: ObjectOptions): Source {
  return objectSource('Secret', options)
}
