import { ConfigError, messageOf } from '../errors/errors.js'
import { safeWatch } from './checked-source.js'
import type { Source, Watch, WatchContext } from './source.js'

/**
 * Watches all sources that can be watched. When one fails, none is watched.
 *
 * @returns the watch of each source, or `undefined` for a source that can't be watched
 * @throws {ConfigError} that names the source whose `watch()` has thrown
 */
export function watchAll(
  sources: readonly Source[],
  contextOf: (source: Source, index: number) => WatchContext,
): (Watch | undefined)[] {
  const watches: (Watch | undefined)[] = []
  for (const [index, source] of sources.entries()) {
    try {
      const watch = source.watch?.(contextOf(source, index))
      watches.push(watch && safeWatch(watch))
    } catch (error) {
      for (const watch of watches) watch?.close()
      if (error instanceof ConfigError) throw error
      const message = `can't be watched: ${messageOf(error)}`
      throw ConfigError.of([{ code: 'HOT_CONFIG_SOURCE', source: source.name, message }], { cause: error })
    }
  }
  return watches
}
