import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/**
 * What is in use now, with what lies outside the heap, after a garbage collection. What the first one finds outside the
 * heap is released after it.
 */
export async function usedBytes(): Promise<number> {
  for (let collection = 0; collection < 3; collection++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
