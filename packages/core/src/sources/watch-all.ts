import type { Source, Watch, WatchContext } from './source.js'

/**
 * Watches those of the sources that can be watched: all of them, or none when one fails, whose error is thrown.
 *
 * @returns their watches, in the same places
 */
export function watchAll(
  sources: readonly Source[],
  contextOf: (source: Source, index: number) => WatchContext,
): (Watch | undefined)[] {
  const watches: (Watch | undefined)[] = []
  try {
    for (const [index, source] of sources.entries()) watches.push(source.watch?.(contextOf(source, index)))
    return watches
  } catch (error) {
    for (const watch of watches) watch?.close()
    throw error
  }
}
