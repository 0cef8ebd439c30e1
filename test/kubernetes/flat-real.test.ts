import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { describe, expect, it } from 'vitest'

import { createCertificate } from '../support/certificate.ts'
import { eventually } from '../support/eventually.ts'
import { startFaultyProxy } from '../support/faulty-proxy.ts'
import { hasApiServer, startRealApiServer } from '../support/real-api-server.ts'
import { TestConfigMap, followMap, tokenFileIn } from './support.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const MIB = 1024 * 1024

function heapUsed(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

function sockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
}

describe.runIf(hasApiServer)('a source of the API', () => {
  it('holds no more memory and no more sockets after many updates and broken connections', async () => {
    await using server = await startRealApiServer()
    const folder = await mkdtemp(join(tmpdir(), 'flat-'))
    await using proxy = await startFaultyProxy(() => server.url, createCertificate(folder))
    const tokenFile = await tokenFileIn(folder, server.readerToken)
    const map = new TestConfigMap(server)
    await map.create()
    {
      await using followed = await followMap({ name: map.name, server: proxy.url, caFile: proxy.caFile, tokenFile })
      const round = async (updates: number): Promise<void> => {
        for (let turn = 0; turn < updates; turn++) await map.update()
        await followed.recovers(map.count)
        proxy.cut()
        await map.update()
        await followed.recovers(map.count)
      }
      for (let turn = 0; turn < 5; turn++) await round(20)
      const open = sockets()
      const before = heapUsed()
      for (let turn = 0; turn < 20; turn++) await round(20)
      expect(heapUsed() - before).toBeLessThan(4 * MIB)
      await eventually(() => expect(sockets()).toBeLessThanOrEqual(open))
    }
    await rm(folder, { recursive: true })
  }, 120_000)
})
