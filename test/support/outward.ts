import { inspect } from 'node:util'

import type { HotConfig, Rejection } from '@hot-config/core'

import type { RecordingLogger } from './recording-logger.ts'

/** Everything that a configuration lets out about itself, apart from its values, as one text to search. */
export function outwardText(
  config: HotConfig<never> | HotConfig<unknown>,
  logger: RecordingLogger,
  rejections: readonly Rejection[] = [],
): string {
  return inspect([config.health(), config.history(), logger.lines, rejections.map(wholeError)], {
    depth: 20,
    getters: true,
    maxArrayLength: null,
    maxStringLength: null,
  })
}

/** An error with all that hangs on it: message, stack, issues, cause. */
export function wholeError(error: unknown): string {
  return inspect(error, { depth: 20, getters: true, showHidden: true, maxArrayLength: null, maxStringLength: null })
}
