/**
 * Combines all calls in one turn of the event loop into a single call. Between two callbacks, Node runs all pending
 * microtasks. So without this, the reaction to the first of ten calls could be over before the second call.
 */
export function oncePerTurn(run: () => void): () => void {
  let isDue = false
  return () => {
    if (isDue) return
    isDue = true
    setImmediate(() => {
      isDue = false
      run()
    })
  }
}
