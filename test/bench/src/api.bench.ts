import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHotConfig } from '@hot-config/core'
import { configMap } from '@hot-config/kubernetes'

import { CONFIG_MAPS, must } from '../../support/api-server.ts'
import { hasApiServer, startRealApiServer } from '../../support/real-api-server.ts'
import type { RealApiServer } from '../../support/real-api-server.ts'
import { measureMemory } from './api-memory.ts'
import { compare } from './measure.ts'
import type { Row } from './measure.ts'
import { rounds } from './rounds.ts'
import { Sightings } from './sightings.ts'

const WARM_UP = 30
const UPDATES = rounds(200, 100)
const WITHIN_MS = 10_000

/** Updates from a real API server. */
export default async function api(): Promise<Row[]> {
  if (!hasApiServer) {
    console.error('bench: !!! KUBEBUILDER_ASSETS is not set: api is SKIPPED !!!')
    return []
  }
  await using server = await startRealApiServer()
  const folder = await mkdtemp(join(tmpdir(), 'bench-api-'))
  const tokenFile = join(folder, 'token')
  await writeFile(tokenFile, server.readerToken)
  const rows = [await measureLatency(server, tokenFile), ...(await measureMemory(server, tokenFile))]
  await rm(folder, { recursive: true })
  return rows
}

/** From the request that changes a ConfigMap to the new value being readable. */
async function measureLatency(server: RealApiServer, tokenFile: string): Promise<Row> {
  const object = (count: number): object => ({
    metadata: { name: 'app' },
    data: { 'app.json': JSON.stringify({ count }) },
  })
  await must(server, 'POST', CONFIG_MAPS, object(0))
  const [ours, bare] = [new Sightings(), new Sightings()]
  const source = configMap({ name: 'app', namespace: 'default', server: server.url, tokenFile, caFile: server.caFile })
  const config = await createHotConfig({ sources: source, logger: false })
  config.onChange(({ next }) => {
    ours.saw(next.value['count'] as number)
  })
  const stop = streamBare(server, (count) => {
    bare.saw(count)
  })
  const samples: number[] = []
  const floors: number[] = []
  for (let count = 1; count <= WARM_UP + UPDATES; count++) {
    const at = performance.now()
    await must(server, 'PUT', `${CONFIG_MAPS}/app`, object(count))
    const [seen, floor] = await Promise.all([ours.when(count, WITHIN_MS), bare.when(count, WITHIN_MS)])
    if (seen === undefined || floor === undefined) throw new Error('an update did not come')
    if (count <= WARM_UP) continue
    samples.push(seen - at)
    floors.push(floor - at)
  }
  stop()
  await config.close()
  const against = 'a bare watch stream and JSON.parse'
  return compare('ConfigMap changed to new value readable', samples, against, floors, 'ms', { atMost: 1.5 })
}

/** The floor: one request that is answered line by line. @returns what ends it */
function streamBare({ url, caFile, readerToken }: RealApiServer, saw: (count: number) => void): () => void {
  const agent = new Agent({ ca: readFileSync(caFile) })
  const headers = { authorization: `Bearer ${readerToken}` }
  const path = `${CONFIG_MAPS}?watch=1&fieldSelector=metadata.name%3Dapp`
  const stream = request(url + path, { agent, headers }, (answer) => {
    let rest = ''
    answer.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const { object } = JSON.parse(line) as { object: { data: Record<string, string> } }
        saw((JSON.parse(object.data['app.json'] ?? '') as { count: number }).count)
      }
    })
    answer.on('error', () => undefined)
  })
  stream.on('error', () => undefined)
  stream.end()
  return () => {
    stream.destroy()
    agent.destroy()
  }
}
