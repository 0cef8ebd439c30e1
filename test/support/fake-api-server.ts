import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { ApiServer } from './api-server.ts'
import { createCertificate } from './certificate.ts'
import { ADMIN, FakeCluster, READER } from './fake-cluster.ts'

/**
 * The part of an API server that the tests need, in this process: ConfigMaps, Secrets and Events of one namespace, with
 * lists, watches, bookmarks, two users and a history that can be forgotten. What it answers is what a real one does.
 */
export async function startFakeApiServer(): Promise<ApiServer> {
  const folder = await mkdtemp(join(tmpdir(), 'fake-api-server-'))
  const { key, cert, caFile } = createCertificate(folder)
  const cluster = new FakeCluster()
  let server: Server | undefined
  let port = 0

  const start = async (): Promise<void> => {
    server = createServer({ key, cert }, (request, response) => void cluster.answer(request, response))
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }
  const kill = async (): Promise<void> => {
    if (!server?.listening) return
    const closed = once(server, 'close')
    server.close().closeAllConnections()
    await closed
  }
  await start()
  return {
    url: `https://127.0.0.1:${port}`,
    caFile,
    adminToken: ADMIN,
    readerToken: READER,
    kill,
    start,
    async forget() {
      await kill()
      cluster.forget()
      await start()
    },
    watches: async () => cluster.watches,
    async allow(allowed) {
      cluster.allowed = allowed
    },
    async [Symbol.asyncDispose]() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
