/** A result that is there, or will be. */
export type Soon<R> = R | Promise<R>

/**
 * Goes on with a result: at once when it is there. An `await` would cost a turn of the queue also then, and on the way of
 * a small update such turns add up to more than its work.
 */
export function whenThere<R, N>(result: Soon<R>, goOn: (result: R) => Soon<N>): Soon<N> {
  return result instanceof Promise ? result.then(goOn) : goOn(result)
}

/** Makes one of what code of the application gave, which may be a promise of any make. */
export function soon<R>(given: R | PromiseLike<R>): Soon<R> {
  return isPromiseLike(given) ? Promise.resolve(given) : given
}

function isPromiseLike(given: unknown): given is PromiseLike<unknown> {
  return typeof given === 'object' && given !== null && 'then' in given && typeof given.then === 'function'
}
