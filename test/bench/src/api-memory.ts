import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { CONFIG_MAPS, must } from '../../support/api-server.ts'
import type { RealApiServer } from '../../support/real-api-server.ts'
import type { Hold, Told, Way } from './api-app.ts'
import { compare } from './measure.ts'
import type { Row } from './measure.ts'
import { rounds } from './rounds.ts'

const PROCESSES = rounds(7, 3)
const OBJECTS = 10
const LABEL = 'bench'
const WITHIN_MS = 20_000
const MIB = 1024 * 1024

/** What it takes, on top of a bare process, to hold ten ConfigMaps of 16 KiB live. */
export async function measureMemory(server: RealApiServer, tokenFile: string): Promise<Row[]> {
  for (let index = 0; index < OBJECTS; index++) await must(server, 'POST', CONFIG_MAPS, objectOf(index, 0))
  const { url, caFile, readerToken: token } = server
  const hold = { url, caFile, tokenFile, token, labelSelector: `app=${LABEL}` }
  const added = {
    ours: { rss: [] as number[], heap: [] as number[] },
    theirs: { rss: [] as number[], heap: [] as number[] },
  }
  let count = 0
  const memoryOf = (way: Way): Promise<NodeJS.MemoryUsage> =>
    measureProcess({ ...hold, way }, async () => {
      await must(server, 'PUT', `${CONFIG_MAPS}/${nameOf(0)}`, objectOf(0, ++count))
      return count
    })
  for (let round = 0; round < PROCESSES; round++) {
    const bare = await memoryOf('nothing')
    for (const [samples, way] of [
      [added.ours, 'hot-config'],
      [added.theirs, 'client-node'],
    ] as const) {
      const memory = await memoryOf(way)
      samples.rss.push((memory.rss - bare.rss) / MIB)
      samples.heap.push((memory.heapUsed + memory.external - bare.heapUsed - bare.external) / MIB)
    }
  }
  const what = `${OBJECTS} ConfigMaps held live: added`
  const informer = "client-node's informer"
  const goal = { atMost: 0.3 }
  return [
    compare(`${what} resident memory`, added.ours.rss, informer, added.theirs.rss, 'MiB', goal),
    compare(`${what} heap and external memory`, added.ours.heap, informer, added.theirs.heap, 'MiB', goal),
  ]
}

/** Has a process hold the ConfigMaps, and makes sure that it follows them. */
async function measureProcess(hold: Hold, update: () => Promise<number>): Promise<NodeJS.MemoryUsage> {
  const child = fork(fileURLToPath(new URL('api-app.js', import.meta.url)))
  const seen = new Set<number>()
  let memory: NodeJS.MemoryUsage | undefined
  child.on('message', (told: Told) => {
    if ('seen' in told) seen.add(told.seen)
    else ({ memory } = told)
  })
  const until = async (isThere: () => boolean): Promise<void> => {
    for (const end = performance.now() + WITHIN_MS; !isThere(); await delay(10)) {
      if (child.exitCode !== null) throw new Error(`${hold.way}: the process ended with ${child.exitCode}`)
      if (performance.now() > end) throw new Error(`${hold.way}: heard nothing within ${WITHIN_MS} ms`)
    }
  }
  try {
    child.send(hold)
    if (hold.way !== 'nothing') {
      await until(() => seen.size > 0)
      const count = await update()
      await until(() => seen.has(count))
    }
    child.send('measure')
    await until(() => memory !== undefined)
  } finally {
    if (child.exitCode === null) {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    }
  }
  if (!memory) throw new Error(`${hold.way}: no memory was told`)
  return memory
}

function nameOf(index: number): string {
  return `${LABEL}-${index}`
}

/** The first one holds the count. */
function objectOf(index: number, count: number): object {
  const entries = Array.from({ length: 160 }, (_, key) => [`key-${key}`, `${key} `.padEnd(85, 'x')])
  const content = { ...(index === 0 && { count }), [`section-${index}`]: Object.fromEntries(entries) }
  return {
    metadata: { name: nameOf(index), labels: { app: LABEL } },
    data: { [index === 0 ? 'app.json' : `section-${index}.json`]: JSON.stringify(content) },
  }
}
