import module from 'node:module'
import { join } from 'node:path'

import { cacheFolder } from './cache-folder.js'

/** What Node 22 and later have. */
interface WithCompileCache {
  readonly enableCompileCache?: (folder: string) => unknown
  readonly flushCompileCache?: () => void
}

const { enableCompileCache, flushCompileCache } = module as WithCompileCache

/**
 * Keeps the compiled code of all modules that are imported afterwards for the next run, where Node can. Compiling takes
 * a third of the time of a short command. Node checks that the code is still the same, and does nothing when it can't
 * write to the folder.
 */
export function keepCompiledCode(): void {
  enableCompileCache?.(join(cacheFolder(), 'code'))
}

/** Writes the compiled code, for a process that does not end by itself. */
export function writeCompiledCode(): void {
  flushCompileCache?.()
}
