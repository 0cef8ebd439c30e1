import type { Unsubscribe } from '../async/listeners.js'
import type { HotConfigInstance } from '../hot-config-instance.js'

/**
 * Calls the listener when a configuration closes, or at once if it has. A configuration that somebody else implemented never
 * calls it.
 */
export function onClose(config: object, listener: () => void): Unsubscribe {
  const { closing } = config as Partial<Pick<HotConfigInstance<unknown>, 'closing'>>
  if (closing?.aborted) listener()
  closing?.addEventListener('abort', listener)
  return () => closing?.removeEventListener('abort', listener)
}
