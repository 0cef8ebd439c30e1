import { setMaxListeners } from 'node:events'

/**
 * Creates an abort controller whose signal may have any number of listeners, such as one for each source. With other
 * controllers, Node warns about a leak from the eleventh listener on.
 */
export function createAbort(): AbortController {
  const abort = new AbortController()
  setMaxListeners(0, abort.signal)
  return abort
}
