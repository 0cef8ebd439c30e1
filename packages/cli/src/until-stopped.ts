/** Keeps the process alive until it is asked to end, by Ctrl-C or SIGTERM. */
export async function untilStopped(): Promise<void> {
  const alive = setInterval(() => undefined, 2 ** 30)
  await new Promise((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  clearInterval(alive)
}
