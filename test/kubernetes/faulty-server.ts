import type { ObjectOptions } from '@hot-config/kubernetes'
import { afterEach, beforeEach } from 'vitest'

import type { ApiServer } from '../support/api-server.ts'
import { createCertificate } from '../support/certificate.ts'
import { startFaultyProxy } from '../support/faulty-proxy.ts'
import type { FaultyProxy } from '../support/faulty-proxy.ts'
import { TestConfigMap, tokenFileIn, useServer } from './support.ts'
import type { UsedServer } from './support.ts'

/** An API server behind a proxy that breaks, with one ConfigMap and one token file for each test. */
export interface FaultyServer extends Omit<UsedServer, 'connection'> {
  readonly proxy: FaultyProxy
  readonly map: TestConfigMap
  /** The ConfigMap, asked for at the server itself. */
  direct(): ObjectOptions
  /** The ConfigMap, asked for through the proxy. */
  proxied(): ObjectOptions
  /** How many requests of this kind the proxy has seen. */
  asked(verb: 'list' | 'watch'): number
  /** Puts another proxy with another certificate in place of the proxy, on the same port. */
  replaceProxy(): Promise<void>
}

export function useFaultyServer(start: () => Promise<ApiServer>): FaultyServer {
  const used = useServer(start)
  let proxy: FaultyProxy
  let tokenFile: string
  let map: TestConfigMap

  beforeEach(async () => {
    proxy = await startFaultyProxy(() => used.server.url, createCertificate(used.folder))
    tokenFile = await tokenFileIn(used.folder, used.server.readerToken)
    map = new TestConfigMap(used.server)
    await map.create()
  })
  afterEach(async () => {
    await proxy[Symbol.asyncDispose]()
    await map.remove().catch(() => undefined)
  })

  const optionsFor = ({ url, caFile }: { readonly url: string; readonly caFile: string }): ObjectOptions => ({
    name: map.name,
    server: url,
    caFile,
    tokenFile,
  })
  return {
    get server() {
      return used.server
    },
    get folder() {
      return used.folder
    },
    get tokenFile() {
      return tokenFile
    },
    get proxy() {
      return proxy
    },
    get map() {
      return map
    },
    direct: () => optionsFor(used.server),
    proxied: () => optionsFor(proxy),
    asked: (wanted) => proxy.requests.filter(({ verb }) => verb === wanted).length,
    async replaceProxy() {
      const port = Number(new URL(proxy.url).port)
      await proxy[Symbol.asyncDispose]()
      proxy = await startFaultyProxy(() => used.server.url, createCertificate(used.folder), port)
    },
  }
}
