import { safeWatch } from './checked-source.js'
import type { Source, Watch, WatchContext } from './source.js'

/**
 * Watches all sources that can be watched. When one fails, none is watched and its error is thrown.
 *
 * @returns the watch of each source, or `undefined` for a source that can't be watched
 */
export function watchAll(
  sources: readonly Source[],
  contextOf: (source: Source, index: number) => WatchContext,
): (Watch | undefined)[] {
  const watches: (Watch | undefined)[] = []
  try {
    for (const [index, source] of sources.entries()) {
      const watch = source.watch?.(contextOf(source, index))
      watches.push(watch && safeWatch(watch))
    }
    return watches
  } catch (error) {
    for (const watch of watches) watch?.close()
    throw error
  }
}
