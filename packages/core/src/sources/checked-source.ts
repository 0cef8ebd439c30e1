import { propertyOf } from '../errors/thrown.js'
import type { Reading, Watch } from './source.js'

/**
 * Checks what `read()` returned, which may be the code of somebody else.
 *
 * @throws for something that is no reading
 */
export function checkReading(reading: Reading): Reading {
  const { revision, entries, warnings = [], contentWarnings = [] } = Object(reading) as Partial<Reading>
  const isTold = areTexts(warnings) && areTexts(contentWarnings)
  if (typeof revision !== 'string' || !Array.isArray(entries) || !entries.every(isEntry) || !isTold) {
    throw new TypeError('expected a reading with a revision, entries and texts as warnings')
  }
  return reading
}

function isEntry(entry: unknown): boolean {
  if (typeof entry !== 'object' || entry === null) return false
  if ('path' in entry) return Array.isArray(entry.path)
  return 'key' in entry && typeof entry.key === 'string' && 'bytes' in entry && entry.bytes instanceof Uint8Array
}

/** Wraps a watch, so that one whose properties throw can't keep health from reporting. */
export function safeWatch(watch: Watch): Watch {
  if (typeof propertyOf(watch, 'then') === 'function') void closeLate(watch)
  return {
    get by() {
      const by = propertyOf(watch, 'by')
      return typeof by === 'string' ? by : 'unknown'
    },
    get warnings() {
      const warnings = propertyOf(watch, 'warnings')
      return areTexts(warnings) ? warnings : ['can not report how it watches']
    },
    get isDegraded() {
      return propertyOf(watch, 'isDegraded') === true
    },
    close() {
      try {
        const closed: unknown = watch.close()
        if (typeof closed === 'object') Promise.resolve(closed).catch(() => undefined)
      } catch {
        // A watch that fails must not keep the others open.
      }
    },
  }
}

/** Closes the watch of an async `watch()`, which nobody uses. Without this, one that rejects would end the process. */
async function closeLate(promise: unknown): Promise<void> {
  try {
    safeWatch((await promise) as Watch).close()
  } catch {
    // there is nothing to close
  }
}

function areTexts(texts: unknown): texts is readonly string[] {
  try {
    return Array.isArray(texts) && texts.every((text) => typeof text === 'string')
  } catch {
    return false
  }
}
