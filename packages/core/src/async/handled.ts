/** Keeps a rejection from ending a process that does not await the promise. */
export function handled<R>(promise: Promise<R>): Promise<R> {
  promise.catch(() => undefined)
  return promise
}
