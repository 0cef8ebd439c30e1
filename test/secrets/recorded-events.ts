import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { HotConfig } from '@hot-config/core'
import { reportEvents } from '@hot-config/kubernetes'
import { expect } from 'vitest'

import { createCertificate } from '../support/certificate.ts'
import type { Certificate } from '../support/certificate.ts'
import { eventually } from '../support/eventually.ts'

export interface RecordedEvents {
  /** Every Event that was written, as the API server got it, once the one of the served version is. */
  written(): Promise<readonly string[]>
  close(): Promise<void>
}

let certificate: Promise<Certificate> | undefined

/** Has the Events of a configuration written to an API server that accepts everything. */
export async function recordEvents(config: HotConfig<unknown>): Promise<RecordedEvents> {
  const bodies: string[] = []
  const server = createServer(await (certificate ??= freshCertificate()), (request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      bodies.push(body)
      response.writeHead(201, { 'content-type': 'application/json' }).end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const reporting = reportEvents(config, {
    server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: async () => ({ tls: { rejectUnauthorized: false } }),
    podName: 'pod',
    podUid: 'uid',
    namespace: 'default',
    minIntervalMs: 0,
  })
  return {
    async written() {
      await eventually(() => expect(bodies.join('\n')).toContain(`version ${config.snapshot.version} `))
      return bodies
    },
    async close() {
      reporting.close()
      server.close().closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function freshCertificate(): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'recorded-events-'))
  try {
    return createCertificate(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}
