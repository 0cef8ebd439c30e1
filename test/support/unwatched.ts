import type { Source } from '@hot-config/core'

/** A source that is read at start-up and by `reload()` only, so that a test decides when. */
export function unwatched(source: Source): Source {
  return { name: source.name, read: (signal) => source.read(signal) }
}
