import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { ask } from '../support/api-server.ts'
import type { ApiServer } from '../support/api-server.ts'
import { createCertificate } from '../support/certificate.ts'
import { eventually } from '../support/eventually.ts'
import { startFaultyProxy } from '../support/faulty-proxy.ts'
import type { FaultyProxy } from '../support/faulty-proxy.ts'
import { Followed, TestConfigMap, tokenFileIn } from './followed.ts'
import type { ObjectOptions } from '@hot-config/kubernetes'

/** What a source of the API lives through, the same on every API server. */
export function faults(startServer: () => Promise<ApiServer>): void {
  let server: ApiServer
  let proxy: FaultyProxy
  let folder: string
  let tokenFile: string
  let map: TestConfigMap

  beforeAll(async () => {
    server = await startServer()
    folder = await mkdtemp(join(tmpdir(), 'faults-'))
  })
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })
  beforeEach(async () => {
    proxy = await startFaultyProxy(() => server.url, createCertificate(folder))
    tokenFile = await tokenFileIn(folder, server.readerToken)
    map = new TestConfigMap(server)
    await map.create()
  })
  afterEach(async () => {
    await proxy[Symbol.asyncDispose]()
    await map.remove().catch(() => undefined)
  })

  const direct = (): ObjectOptions => ({ name: map.name, server: server.url, caFile: server.caFile, tokenFile })
  const proxied = (): ObjectOptions => ({ name: map.name, server: proxy.url, caFile: proxy.caFile, tokenFile })
  const watches = (): number => proxy.requests.filter(({ verb }) => verb === 'watch').length
  const lists = (): number => proxy.requests.filter(({ verb }) => verb === 'list').length

  describe('a source of the API', () => {
    it('sees update after update, each at once', async () => {
      await using followed = await Followed.of(direct())
      await followed.watching()
      for (let turn = 0; turn < 10; turn++) await followed.serves(await map.update())
      const { body } = await ask(server, 'GET', map.path)
      expect(followed.source).toMatchObject({
        name: `configMap:default/${map.name}`,
        revision: body['metadata'].resourceVersion,
        updatable: true,
      })
      expect(followed.health).toMatchObject({ status: 'pass', reloads: { changed: 10, unchanged: 0, rejected: 0 } })
    })

    it('ends up with the last of 200 rapid updates', async () => {
      await using followed = await Followed.of(direct())
      await followed.watching()
      for (let turn = 0; turn < 200; turn++) await map.update()
      await followed.recovers(201)
      expect(followed.health.status).toBe('pass')
    })

    it('does not take a change of labels for an update', async () => {
      await using followed = await Followed.of(direct())
      await followed.watching()
      const { body } = await ask(server, 'PATCH', map.path, { metadata: { labels: { tier: 'test' } } })
      const version = body['metadata'].resourceVersion as string
      await eventually(() => expect(followed.source.revision).toBe(version))
      expect(followed.health).toMatchObject({ version: 1, reloads: { changed: 0, unchanged: 1 } })
    })

    it('sits out idle hours on one connection and without a word', async () => {
      await using followed = await Followed.of({ ...proxied(), timing: { watchMs: 1_000 } })
      await followed.watching()
      await eventually(() => expect(watches()).toBeGreaterThanOrEqual(4))
      expect(proxy.connections).toBe(1)
      expect(followed.health).toMatchObject({ version: 1, reloads: { changed: 0, unchanged: 0, rejected: 0 } })
      await followed.recovers(await map.update())
    })

    it('goes on where it was after connections were cut', async () => {
      await using followed = await Followed.of(proxied())
      await followed.watching()
      await followed.serves(await map.update())
      for (let turn = 0; turn < 5; turn++) {
        proxy.cut()
        await followed.recovers(await map.update())
      }
      expect(lists()).toBe(1)
      expect(proxy.connections).toBe(1)
    })

    it('goes on after a cut in the middle of a line', async () => {
      await using followed = await Followed.of(proxied())
      await followed.watching()
      proxy.cutNextEvent()
      await followed.recovers(await map.update())
      expect(followed.health.status).toBe('pass')
    })

    it('goes on after lines that are none', async () => {
      await using followed = await Followed.of(proxied())
      await followed.watching()
      for (const text of ['{"type":"MODI\n', '<html>\n', '{"type":"MODIFIED","object":{}}\n', '[]\n', '\n\n']) {
        proxy.insertNext(text)
        await followed.recovers(await map.update())
      }
      expect(followed.health.status).toBe('pass')
    })

    it('takes no event twice, and none that is older than what it has', async () => {
      await using followed = await Followed.of(proxied())
      await followed.watching()
      const { body: old } = await ask(server, 'GET', map.path)
      await followed.serves(await map.update())
      const { body: now } = await ask(server, 'GET', map.path)
      const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`
      proxy.insertNext(line('MODIFIED', old) + line('ADDED', now) + line('DELETED', old) + line('MODIFIED', now))
      await followed.recovers(await map.update())
      expect(followed.served).toEqual([1, 2, 3])
      expect(followed.health.reloads).toEqual({ changed: 2, unchanged: 0, rejected: 0 })
      expect(lists()).toBe(1)
    })

    it('reads lines that come in pieces, late', async () => {
      await using followed = await Followed.of(proxied())
      await followed.watching()
      proxy.slow = { bytes: 7, ms: 1 }
      await map.update()
      await followed.recovers(await map.update())
      expect(lists()).toBe(1)
    })

    it('distrusts a connection on which nothing comes', async () => {
      await using followed = await Followed.of({ ...proxied(), timing: { silenceMs: 1_000, requestTimeoutMs: 500 } })
      await followed.watching()
      proxy.stall()
      const count = await map.update()
      await followed.warns(/nothing came for 1000 ms|no answer within 500 ms/)
      expect(followed.config.current.count).toBe(1)
      proxy.resume()
      await followed.recovers(count)
      // those on which nothing comes are not kept
      await eventually(() => expect(proxy.connections).toBe(1))
    })

    it('learns that silence is innocent where it is', async () => {
      await using followed = await Followed.of({ ...proxied(), timing: { silenceMs: 200 } })
      await followed.watching()
      await eventually(() => expect(watches()).toBeGreaterThanOrEqual(4))
      const at = proxy.requests.filter(({ verb }) => verb === 'watch').map((request) => request.at)
      const [first, second, third, fourth] = at as [number, number, number, number]
      expect(second - first).toBeGreaterThan(190)
      expect(third - second).toBeGreaterThan(390)
      expect(fourth - third).toBeGreaterThan(790)
      expect(followed.health).toMatchObject({ status: 'pass', reloads: { changed: 0, unchanged: 0, rejected: 0 } })
    })

    it.each([
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 500, body: '{"kind":"Status","code":500,"message":"etcdserver: leader changed"}' },
      { status: 503, headers: { 'content-type': 'text/html' }, body: '<h1>503</h1>' },
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>Log in</h1>' },
      { status: 302, headers: { location: 'https://127.0.0.1:1/' } },
    ])('serves on while the answer is $status $headers', async (instead) => {
      await using followed = await Followed.of(proxied())
      await followed.watching()
      proxy.instead = instead
      proxy.cut()
      const count = await map.update()
      await followed.warns(new RegExp(instead.status === 200 ? 'text/html|no event' : `answered ${instead.status}`))
      expect(followed.config.current.count).toBe(1)
      proxy.instead = undefined
      await followed.recovers(count)
    })

    it('waits as long as the server asks for', async () => {
      await using followed = await Followed.of(proxied())
      await followed.watching()
      proxy.instead = { status: 429, headers: { 'retry-after': '1' } }
      proxy.cut()
      const before = proxy.requests.length
      await eventually(() => expect(proxy.requests.length).toBe(before + 2))
      const [first, second] = proxy.requests.slice(before).map(({ at }) => at) as [number, number]
      expect(second - first).toBeGreaterThanOrEqual(1_000)
      proxy.instead = undefined
      await followed.recovers(await map.update())
    })

    it('tries again less and less often, and at once again after all went well', async () => {
      await using followed = await Followed.of({
        ...proxied(),
        timing: { backoffMs: 50, backoffMaxMs: 60_000, healthyMs: 0 },
      })
      await followed.watching()
      const before = proxy.requests.length
      proxy.instead = { status: 500 }
      proxy.cut()
      await delay(1_000)
      // with waits of 50 ms and less there would be 20 and more
      expect(proxy.requests.length - before).toBeLessThan(20)
      proxy.instead = undefined
      await followed.recovers(await map.update())
    })

    it('serves on without permission, says which is missing, and goes on with it', async () => {
      await using followed = await Followed.of(proxied())
      await followed.watching()
      await server.allow(false)
      proxy.cut()
      const count = await map.update()
      await followed.warns(/\(403\).*cannot (list|watch) resource "configmaps"/)
      const [warning = ''] = followed.source.warnings
      expect(warning).toContain('kind: Role\n')
      expect(warning).toContain(`resourceNames: ["${map.name}"]`)
      expect(warning).toContain('verbs: ["list", "watch"]')
      expect(warning).not.toContain(server.readerToken)
      expect(followed.config.current.count).toBe(1)
      await server.allow(true)
      await followed.recovers(count)
    })

    it('serves on with a token that expired, and takes the new one from disk', async () => {
      await using followed = await Followed.of(proxied())
      await followed.watching()
      await writeFile(tokenFile, 'expired-token')
      proxy.cut()
      const count = await map.update()
      await followed.warns(/\(401\)/)
      expect(JSON.stringify(followed.health)).not.toContain('expired-token')
      expect(followed.config.current.count).toBe(1)
      await writeFile(tokenFile, `${server.readerToken}\n`)
      await followed.recovers(count)
    })

    it('serves on when the server has a new certificate, and takes the CA for it from disk', async () => {
      const caFile = join(folder, 'rotated.crt')
      await copyFile(proxy.caFile, caFile)
      const port = Number(new URL(proxy.url).port)
      await using followed = await Followed.of({ ...proxied(), caFile })
      await followed.watching()
      await proxy[Symbol.asyncDispose]()
      proxy = await startFaultyProxy(() => server.url, createCertificate(folder), port)
      const count = await map.update()
      await followed.warns(/can't be trusted/)
      expect(followed.config.current.count).toBe(1)
      await copyFile(proxy.caFile, caFile)
      await followed.recovers(count)
    })

    it('serves the last content after a deletion, says so, and takes the new object', async () => {
      await using followed = await Followed.of(direct())
      await followed.watching()
      const revision = followed.source.revision
      await map.remove()
      await eventually(() => {
        expect(followed.health.status).toBe('warn')
        expect(followed.source).toMatchObject({ revision, watching: 'watch', updatable: false })
        expect(followed.source.warnings.join()).toMatch(/was deleted/)
      })
      expect(followed.config.current.count).toBe(1)
      await map.create()
      await followed.recovers(2)
      expect(followed.source.revision).not.toBe(revision)
    })

    it('sees a deletion and a new object that came while there was no connection', async () => {
      await using followed = await Followed.of({ ...proxied(), timing: { silenceMs: 500, requestTimeoutMs: 500 } })
      await followed.watching()
      proxy.stall()
      await map.remove()
      await map.create()
      await followed.warns(/no answer/)
      proxy.resume()
      await followed.recovers(2)
      expect(followed.health.status).toBe('pass')
    })

    it('takes an object that becomes immutable, and says that it is', async () => {
      await using followed = await Followed.of(direct())
      await followed.watching()
      await followed.serves(await map.update({ immutable: true }))
      expect(followed.source.warnings.join()).toMatch(/is immutable/)
      expect(followed.health.status).toBe('pass')
      await map.remove()
      await map.create()
      await followed.recovers(3)
    })

    it('is closed at any moment, and leaves nothing', async () => {
      for (let turn = 0; turn < 15; turn++) {
        const starting = Followed.of({ ...proxied(), startTimeoutMs: 5_000 })
        if (turn % 2 === 0) proxy.slow = { bytes: 64, ms: 1 }
        const followed = await starting
        await delay(turn)
        await followed.config.close()
        proxy.slow = undefined
        await eventually(() => expect(proxy.connections).toBe(0))
      }
    })

    it('serves on while the API server is killed, and takes what it knows when it is back', async () => {
      await using followed = await Followed.of(direct())
      await followed.watching()
      await map.update()
      await server.kill()
      await followed.warns(/can't be reached: .*ECONNREFUSED|the watch broke/)
      const served = followed.config.current.count
      await server.start()
      await followed.serves(await map.update())
      await followed.recovers(await map.update())
      expect(served).toBeLessThanOrEqual(2)
    })

    it('lists again when the server no longer knows the version', async () => {
      await using followed = await Followed.of(proxied())
      await followed.watching()
      await followed.serves(await map.update())
      proxy.stall()
      proxy.cut()
      const count = await map.update()
      await server.forget()
      const before = proxy.requests.length
      proxy.resume()
      await followed.recovers(count)
      expect(proxy.requests.slice(before).map(({ verb }) => verb)).toEqual(['watch', 'list', 'watch'])
    })

    it.each([
      { status: 410, body: '{"kind":"Status","code":410,"reason":"Expired"}' },
      {
        status: 504,
        body: '{"kind":"Status","code":504,"message":"Timeout: Too large resource version: 9, current: 8"}',
      },
      {
        status: 504,
        body: '{"kind":"Status","code":504,"details":{"causes":[{"reason":"ResourceVersionTooLarge"}]}}',
      },
    ])('asks the storage itself when even a list of that version is refused: $body', async (refusal) => {
      await using followed = await Followed.of(proxied())
      await followed.watching()
      await followed.serves(await map.update())
      proxy.instead = { ...refusal, to: (query) => !query.has('watch') && query.has('resourceVersion') }
      const before = proxy.requests.length
      proxy.insertNext('{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n')
      await followed.recovers(await map.update())
      const requests = proxy.requests.slice(before).map(({ verb, version }) => [verb, version === null])
      expect(requests.slice(0, 3)).toEqual([
        ['list', false],
        ['list', true],
        ['watch', false],
      ])
    })

    it('starts before the API server does', async () => {
      await server.kill()
      const starting = Followed.of({ ...direct(), startTimeoutMs: 60_000 })
      await server.start()
      await using followed = await starting
      await followed.recovers(await map.update())
      expect(followed.health.status).toBe('pass')
    })
  })
}
