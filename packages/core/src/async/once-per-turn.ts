/**
 * Makes one call of all that come in one turn of the event loop. Node finishes everything that awaits nothing from outside
 * between two callbacks, so what the first of ten led to is over before the second comes.
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
