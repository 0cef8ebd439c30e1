import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'

import type { LastGoodStore, Source } from '@hot-config/core'
import { configMap, lastGoodConfigMap } from '@hot-config/kubernetes'
import type { ConnectionOptions } from '@hot-config/kubernetes'
import { beforeAll, describe, expect, it } from 'vitest'

import { CONFIG_MAPS, must } from '../support/api-server.ts'
import type { ApiServer } from '../support/api-server.ts'
import { createCertificate } from '../support/certificate.ts'
import { drivenSource, fileEntries } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { follow } from '../support/follow.ts'
import { freshName, tokenFileIn, useServer } from './support.ts'

/** Passes requests on to an API server, and calls `answered` before it passes an answer back. */
async function between(
  api: ApiServer,
  folder: string,
  answered: (method: string) => Promise<void>,
): Promise<{ readonly options: ConnectionOptions } & AsyncDisposable> {
  const { key, cert, caFile } = createCertificate(folder)
  const ca = await readFile(api.caFile)
  const server = createServer({ key, cert }, (incoming, outgoing) => {
    const { method = 'GET', headers, url = '' } = incoming
    const passed = request(new URL(url, api.url), { method, headers, ca }, (answer) => {
      void answered(method).then(() => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      })
    })
    incoming.pipe(passed)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    options: { server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, caFile },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close().closeAllConnections()
      await closed
    },
  }
}

/** What `lastGoodConfigMap()` does, the same on every API server. */
export function lastGood(startServer: () => Promise<ApiServer>): void {
  const used = useServer(startServer)
  let connection: ConnectionOptions

  beforeAll(async () => {
    const tokenFile = await tokenFileIn(used.folder, used.server.adminToken)
    connection = { ...used.connection(), namespace: 'default', tokenFile }
  })

  const create = async (extra: object = {}): Promise<string> => {
    const name = freshName()
    await must(used.server, 'POST', CONFIG_MAPS, { metadata: { name }, ...extra })
    return name
  }
  const held = (name: string) => must(used.server, 'GET', `${CONFIG_MAPS}/${name}`)
  const filesOf = (files: Record<string, string> | Error) =>
    drivenSource<Record<string, string>>(files, { reading: (now) => ({ entries: fileEntries(now) }) })

  /** Has a process accept this, and end. Returns what it warned of. */
  async function accept(source: Source, store: LastGoodStore): Promise<string[]> {
    await using running = await follow(source, { lastGood: store })
    await running.config.close()
    return running.logger.at('warn').map(({ message }) => message)
  }

  describe('lastGoodConfigMap()', () => {
    it('lets a new pod start while the ConfigMap of the sources is broken', async () => {
      const name = await create()
      const app = await create({ data: { 'app.yaml': 'max: 1' } })
      const store = () => lastGoodConfigMap({ name, ...connection })
      const source = () => configMap({ name: app, ...connection })
      expect(await accept(source(), store())).toEqual([])
      await must(used.server, 'PATCH', `${CONFIG_MAPS}/${app}`, { data: { 'app.yaml': 'max: [' } })
      await using running = await follow(source(), { lastGood: store() })
      expect(running.config.current).toEqual({ max: 1 })
      expect(running.config.health()).toMatchObject({ servedFrom: 'last-good', status: 'warn' })
      await must(used.server, 'PATCH', `${CONFIG_MAPS}/${app}`, { data: { 'app.yaml': 'max: 2' } })
      await running.reports({ servedFrom: 'sources', status: 'pass' })
      await eventually(async () => expect(JSON.stringify(await held(name))).toContain('max: 2'))
    })

    it('does not write what is there already, and leaves other keys alone', async () => {
      const name = await create({ data: { note: 'ours' } })
      const store = lastGoodConfigMap({ name, ...connection })
      await accept(filesOf({ 'a.json': '{"max":1}' }), store)
      const before = await held(name)
      await accept(filesOf({ 'a.json': '{"max":1}' }), store)
      const after = await held(name)
      expect(after['metadata'].resourceVersion).toBe(before['metadata'].resourceVersion)
      expect(Object.keys(after['data'] as object).toSorted()).toEqual(['last-good.json', 'note'])
    })

    it('lets one of two pods win that write at one time, and neither writes again', async () => {
      const name = await create()
      const stores = Array.from({ length: 5 }, () => lastGoodConfigMap({ name, ...connection }))
      const contents = stores.map((_, index) => ({ 'a.json': `{"max":${index}}` }))
      const warnings = await Promise.all(stores.map((store, index) => accept(filesOf(contents[index] ?? {}), store)))
      expect(warnings.flat()).toEqual([])
      const text = (await held(name))['data']['last-good.json'] as string
      expect(JSON.parse(text)).toMatchObject({ version: 1, sources: [{ name: 'driven' }] })
      const { metadata } = await held(name)
      await using running = await follow(filesOf(new Error('gone')), { lastGood: stores[0] })
      expect(contents.map((content) => JSON.parse(content['a.json']) as unknown)).toContainEqual(running.config.current)
      expect((await held(name))['metadata']).toEqual(metadata)
    })

    it.each<[string, object, boolean]>([
      ['an annotation of it', { metadata: { annotations: { note: 'changed' } } }, true],
      ['another key', { data: { note: 'changed' } }, true],
      ['what is kept in it', { data: { 'last-good.json': '{"of":"another pod"}' } }, false],
    ])('is not misled when somebody changes %s between its reading and its writing', async (_, patch, writes) => {
      const name = await create()
      let changes = 0
      await using server = await between(used.server, used.folder, async (method) => {
        if (method === 'GET' && changes++ === 0) await must(used.server, 'PATCH', `${CONFIG_MAPS}/${name}`, patch)
      })
      const store = lastGoodConfigMap({ name, ...connection, ...server.options })
      expect(await accept(filesOf({ 'a.json': '{"max":1}' }), store)).toEqual([])
      expect(JSON.stringify(await held(name))).toContain(writes ? 'max' : 'another pod')
      expect(JSON.stringify(await held(name))).toMatch(/changed|another pod/)
    })

    it.each([
      ['agree', '1', '1'],
      ['do not agree', '1', '2'],
    ])('is not written again and again by pods that run on and %s', async (_, one, other) => {
      const name = await create()
      const pod = (max: string) => {
        const source = filesOf({ 'a.json': `{"max":${max}}` })
        return follow(source, { lastGood: lastGoodConfigMap({ name, ...connection }), recheckMs: 20 })
      }
      await using first = await pod(one)
      await using second = await pod(other)
      await eventually(async () => expect((await held(name))['data']).toHaveProperty(['last-good.json']))
      const versions = new Set<string>()
      for (let checks = 0; checks < 50; checks++) {
        for (const { config } of [first, second]) expect(await config.reload()).toBe('unchanged')
        versions.add((await held(name))['metadata'].resourceVersion as string)
      }
      // the write of the second may still have been on its way
      expect(versions.size).toBeLessThanOrEqual(2)
    })

    it('compresses what is large, and goes back to text', async () => {
      const name = await create()
      const store = lastGoodConfigMap({ name, ...connection })
      const large = { 'a.json': JSON.stringify({ text: 'large '.repeat(50_000) }) }
      expect(await accept(filesOf(large), store)).toEqual([])
      expect((await held(name))['binaryData']).toEqual({ 'last-good.json.gz': expect.any(String) })
      {
        await using running = await follow(filesOf(new Error('gone')), { lastGood: store })
        expect(running.config.current).toEqual(JSON.parse(large['a.json']))
      }
      await accept(filesOf({ 'a.json': '{"max":1}' }), store)
      const now = await held(name)
      expect([Object.keys(now['data'] as object), now['binaryData'] ?? {}]).toEqual([['last-good.json'], {}])
    })

    it('warns of more than a ConfigMap holds, and keeps what was there', async () => {
      const name = await create()
      const store = lastGoodConfigMap({ name, ...connection })
      await accept(filesOf({ 'a.json': '{"max":1}' }), store)
      // two files, of which neither is large enough for a worker
      const random = Object.fromEntries(
        ['a', 'b'].map((key) => [`${key}.json`, JSON.stringify({ [key]: randomBytes(750_000).toString('base64') })]),
      )
      expect(await accept(filesOf(random), store)).toEqual([
        expect.stringMatching(
          /^the last good configuration can't be saved: it has [\d,]+ bytes even when compressed, /,
        ),
      ])
      await using running = await follow(filesOf(new Error('gone')), { lastGood: store })
      expect(running.config.current).toEqual({ max: 1 })
    })

    it.each([
      ['that is not there', () => ({ name: freshName() }), /\(404\)/],
      ['that may not be read', () => ({ tokenFile: used.tokenFile }), /\(403\).*verbs: \["?'?get/s],
      ['of a server that is down', () => ({ server: 'https://127.0.0.1:1' }), /can't be reached/],
    ])('%s is one warning, and says what is missing', async (_, broken, expected) => {
      const name = await create()
      const store = lastGoodConfigMap({ name, ...connection, ...broken() })
      const source = filesOf({ 'a.json': '{"max":1}' })
      await using running = await follow(source, { lastGood: store })
      source.set({ 'a.json': '{"max":2}' })
      expect(await running.config.reload()).toBe('changed')
      await running.config.close()
      const warnings = running.logger.at('warn').map(({ message }) => message)
      expect(warnings).toEqual([expect.stringMatching(expected)])
    })

    it('is one warning when it can not be changed', async () => {
      const name = await create({ data: { a: '1' }, immutable: true })
      const store = lastGoodConfigMap({ name, ...connection })
      expect(await accept(filesOf({ 'a.json': '{"max":1}' }), store)).toEqual([expect.stringMatching(/422.*immutable/)])
    })

    it('is one warning when it holds what is no last good configuration', async () => {
      const name = await create({ data: { 'last-good.json': 'max: 1' } })
      const store = lastGoodConfigMap({ name, ...connection })
      const starting = follow(filesOf(new Error('gone')), { lastGood: store })
      await expect(starting).rejects.toThrow("driven: can't be read: gone")
    })
  })
}
