/** Runs something and tells for how long, at most, it kept everything else in the process from running. Milliseconds. */
export async function longestBlock<R>(run: () => Promise<R>): Promise<{ readonly result: R; readonly ms: number }> {
  let ms = 0
  let last = performance.now()
  let running = true
  const look = (): void => {
    const now = performance.now()
    ms = Math.max(ms, now - last)
    last = now
    if (running) setImmediate(look)
  }
  setImmediate(look)
  try {
    const result = await run()
    look()
    return { result, ms }
  } finally {
    running = false
  }
}
