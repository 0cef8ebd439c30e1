import { setMaxListeners } from 'node:events'

/**
 * A controller whose signal any number of things listen to at the same time, such as one for each source. Of others Node
 * warns of a leak from the eleventh listener on.
 */
export function createAbort(): AbortController {
  const abort = new AbortController()
  setMaxListeners(0, abort.signal)
  return abort
}
