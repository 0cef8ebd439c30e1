import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { createHotConfig } from '@hot-config/core'
import { configMap } from '@hot-config/kubernetes'

import { CONFIG_MAPS, must } from '../../support/api-server.ts'
import { hasApiServer, startRealApiServer } from '../../support/real-api-server.ts'
import { compare } from './measure.ts'
import type { Row } from './measure.ts'

const UPDATES = 150
const WARM_UP = 30

export default async function api(): Promise<Row[]> {
  if (!hasApiServer) {
    console.error('bench: !!! KUBEBUILDER_ASSETS is not set: api is SKIPPED !!!')
    return []
  }
  await using server = await startRealApiServer()
  const folder = await mkdtemp(join(tmpdir(), 'bench-api-'))
  const tokenFile = join(folder, 'token')
  await writeFile(tokenFile, server.readerToken)
  const object = (count: number): object => ({
    metadata: { name: 'app' },
    data: { 'app.json': JSON.stringify({ count }) },
  })
  await must(server, 'POST', CONFIG_MAPS, object(0))

  let ours = { count: 0, at: 0 }
  let bare = { count: 0, at: 0 }
  const source = configMap({ name: 'app', namespace: 'default', server: server.url, tokenFile, caFile: server.caFile })
  const config = await createHotConfig({ sources: source, logger: false })
  config.onChange(({ next }) => (ours = { count: next.value['count'] as number, at: performance.now() }))

  const agent = new Agent({ ca: readFileSync(server.caFile) })
  const headers = { authorization: `Bearer ${server.readerToken}` }
  const path = `${CONFIG_MAPS}?watch=1&fieldSelector=metadata.name%3Dapp`
  const stream = request(server.url + path, { agent, headers }, (answer: IncomingMessage) => {
    let rest = ''
    answer.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const { object: seen } = JSON.parse(line) as { object: { data: Record<string, string> } }
        const { count } = JSON.parse(seen.data['app.json'] ?? '') as { count: number }
        bare = { count, at: performance.now() }
      }
    })
    answer.on('error', () => undefined)
  })
  stream.on('error', () => undefined)
  stream.end()

  const samples = { ours: [] as number[], bare: [] as number[] }
  for (let count = 1; count <= UPDATES; count++) {
    const at = performance.now()
    await must(server, 'PUT', `${CONFIG_MAPS}/app`, object(count))
    const done = (): boolean => ours.count === count && bare.count === count
    for (const end = at + 10_000; !done() && performance.now() < end;) await delay(1)
    if (count <= WARM_UP) continue
    samples.ours.push(ours.at - at)
    samples.bare.push(bare.at - at)
  }
  stream.destroy()
  agent.destroy()
  await config.close()
  await rm(folder, { recursive: true })
  const floor = 'a bare watch stream and JSON.parse'
  return [compare('ConfigMap changed to new value readable', samples.ours, floor, samples.bare, 'ms', { atMost: 1.5 })]
}
