import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { ApiServer } from './api-server.ts'
import { createCertificate } from './certificate.ts'
import { startFaultyProxy } from './faulty-proxy.ts'
import type { FaultyProxy } from './faulty-proxy.ts'

/** How a source reaches the proxy: the same files for as long as the proxy exists, whatever is in them. */
interface ProxiedOptions {
  readonly server: string
  readonly caFile: string
  readonly tokenFile: string
}

/** An API server behind a proxy that breaks, with files of its own for credentials. It outlives one test. */
export class FaultyApi implements AsyncDisposable {
  readonly server: ApiServer
  readonly options: ProxiedOptions
  readonly #folder: string
  #proxy: FaultyProxy

  private constructor(server: ApiServer, folder: string, proxy: FaultyProxy, options: ProxiedOptions) {
    this.server = server
    this.#folder = folder
    this.#proxy = proxy
    this.options = options
  }

  static async start(startServer: () => Promise<ApiServer>): Promise<FaultyApi> {
    const server = await startServer()
    const folder = await mkdtemp(join(tmpdir(), 'faulty-api-'))
    const proxy = await startFaultyProxy(() => server.url, createCertificate(folder))
    const options = { server: proxy.url, caFile: join(folder, 'ca.crt'), tokenFile: join(folder, 'token') }
    const api = new FaultyApi(server, folder, proxy, options)
    await Promise.all([api.writeToken(server.readerToken), api.publishCa()])
    return api
  }

  get proxy(): FaultyProxy {
    return this.#proxy
  }

  /** Writes what is to be taken for the token. */
  async writeToken(text: string): Promise<void> {
    await writeFile(this.options.tokenFile, text)
  }

  /** Removes the file with the token. */
  async removeToken(): Promise<void> {
    await rm(this.options.tokenFile, { force: true })
  }

  /** Replaces the proxy by one with another certificate, on the same port. Clients don't know its CA yet. */
  async replaceProxy(): Promise<void> {
    const port = Number(new URL(this.#proxy.url).port)
    await this.#proxy[Symbol.asyncDispose]()
    this.#proxy = await startFaultyProxy(() => this.server.url, createCertificate(this.#folder), port)
  }

  /** Gives clients the CA of the proxy that runs. */
  async publishCa(): Promise<void> {
    await copyFile(this.#proxy.caFile, this.options.caFile)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy[Symbol.asyncDispose]()
    await this.server[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
