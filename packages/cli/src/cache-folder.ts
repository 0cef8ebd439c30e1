import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** A folder of the user for compiled code. It is not in the project, and nobody else can write to it. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME } = process.env
  return join(XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), '.cache'), 'hot-config')
}
