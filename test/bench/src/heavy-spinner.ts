// A worker that does nothing for as long as it is told to.
import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'

export interface Spin {
  readonly forMs: number
  readonly niceness: number
}

parentPort?.on('message', ({ forMs, niceness }: Spin) => {
  // Linux takes 0 for the calling thread
  setPriority(0, niceness)
  const end = performance.now() + forMs
  while (performance.now() < end);
  parentPort?.postMessage('over', [])
})
