import { setTimeout as delay } from 'node:timers/promises'

import { describe, expect, it } from 'vitest'

import { ask } from '../support/api-server.ts'
import type { ApiServer } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { useFaultyServer } from './faulty-server.ts'
import { followMap } from './support.ts'

/** How a source of the API survives broken connections, the same on every API server. */
export function connectionFaults(startServer: () => Promise<ApiServer>): void {
  const faulty = useFaultyServer(startServer)

  describe('a source of the API', () => {
    it('serves every update at once', async () => {
      await using followed = await followMap(faulty.direct())
      await followed.watching()
      for (let turn = 0; turn < 10; turn++) await followed.servesCount(await faulty.map.update())
      const { body } = await ask(faulty.server, 'GET', faulty.map.path)
      expect(followed.source()).toMatchObject({
        name: `configMap:default/${faulty.map.name}`,
        revision: body['metadata'].resourceVersion,
        updatable: true,
      })
      expect(followed.config.health()).toMatchObject({
        status: 'pass',
        reloads: { changed: 10, unchanged: 0, rejected: 0 },
      })
    })

    it('serves the last of 200 rapid updates in the end', async () => {
      await using followed = await followMap(faulty.direct())
      await followed.watching()
      for (let turn = 0; turn < 200; turn++) await faulty.map.update()
      await followed.recovers(201)
      expect(followed.config.health().status).toBe('pass')
    })

    it('counts a change of labels as unchanged', async () => {
      await using followed = await followMap(faulty.direct())
      await followed.watching()
      const { body } = await ask(faulty.server, 'PATCH', faulty.map.path, { metadata: { labels: { tier: 'test' } } })
      const version = body['metadata'].resourceVersion as string
      await eventually(() => expect(followed.source().revision).toBe(version))
      expect(followed.config.health()).toMatchObject({ version: 1, reloads: { changed: 0, unchanged: 1 } })
    })

    it('stays on one connection and unchanged while nothing happens', async () => {
      await using followed = await followMap({ ...faulty.proxied(), timing: { watchMs: 1_000 } })
      await followed.watching()
      await eventually(() => expect(faulty.asked('watch')).toBeGreaterThanOrEqual(4))
      expect(faulty.proxy.connections).toBe(1)
      expect(followed.config.health()).toMatchObject({ version: 1, reloads: { changed: 0, unchanged: 0, rejected: 0 } })
      await followed.recovers(await faulty.map.update())
    })

    it('continues where it was after connections were cut', async () => {
      await using followed = await followMap(faulty.proxied())
      await followed.watching()
      await followed.servesCount(await faulty.map.update())
      for (let turn = 0; turn < 5; turn++) {
        faulty.proxy.cut()
        await followed.recovers(await faulty.map.update())
      }
      expect(faulty.asked('list')).toBe(1)
      expect(faulty.proxy.connections).toBe(1)
    })

    it('continues after a cut in the middle of a line', async () => {
      await using followed = await followMap(faulty.proxied())
      await followed.watching()
      faulty.proxy.cutNextEvent()
      await followed.recovers(await faulty.map.update())
      expect(followed.config.health().status).toBe('pass')
    })

    it('continues after lines that are not valid', async () => {
      await using followed = await followMap(faulty.proxied())
      await followed.watching()
      for (const text of ['{"type":"MODI\n', '<html>\n', '{"type":"MODIFIED","object":{}}\n', '[]\n', '\n\n']) {
        faulty.proxy.insertNext(text)
        await followed.recovers(await faulty.map.update())
      }
      expect(followed.config.health().status).toBe('pass')
    })

    it('takes null for absent in answers, and needs no uid, which test doubles leave out', async () => {
      const metadata = { name: faulty.map.name, namespace: 'default', resourceVersion: '7', annotations: null }
      const objects = [
        { metadata, immutable: null, data: { 'app.json': '{"count":7}' }, binaryData: null },
        { metadata, data: null, binaryData: { 'app.json': Buffer.from('{"count":7}').toString('base64') } },
      ]
      for (const object of objects) {
        const list = { kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: '7' }, items: [object] }
        faulty.proxy.instead = {
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(list),
          to: (query) => !query.has('watch'),
        }
        await using followed = await followMap(faulty.proxied())
        expect(followed.config.current).toEqual({ count: 7 })
      }
    })

    it('ignores repeated events, and events older than what it has', async () => {
      await using followed = await followMap(faulty.proxied())
      await followed.watching()
      const { body: old } = await ask(faulty.server, 'GET', faulty.map.path)
      await followed.servesCount(await faulty.map.update())
      const { body: now } = await ask(faulty.server, 'GET', faulty.map.path)
      const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`
      faulty.proxy.insertNext(line('MODIFIED', old) + line('ADDED', now) + line('DELETED', old) + line('MODIFIED', now))
      await followed.recovers(await faulty.map.update())
      expect(followed.served).toEqual([{ count: 1 }, { count: 2 }, { count: 3 }])
      expect(followed.config.health().reloads).toEqual({ changed: 2, unchanged: 0, rejected: 0 })
      expect(faulty.asked('list')).toBe(1)
    })

    it('reads lines that come late and in pieces', async () => {
      await using followed = await followMap(faulty.proxied())
      await followed.watching()
      faulty.proxy.slow = { bytes: 7, ms: 1 }
      await faulty.map.update()
      await followed.recovers(await faulty.map.update())
      expect(faulty.asked('list')).toBe(1)
    })

    it('gives up a watch on which everything comes too slowly, when the server should have ended it', async () => {
      await using followed = await followMap({ ...faulty.proxied(), timing: { watchMs: 1_000, requestTimeoutMs: 500 } })
      await followed.watching()
      faulty.proxy.slow = { bytes: 1, ms: 100 }
      const count = await faulty.map.update()
      await eventually(() => expect(followed.source().watching).toBe('reconnecting'))
      expect(followed.config.current.count).toBe(1)
      faulty.proxy.slow = undefined
      await followed.recovers(count)
    })

    it('gives up a connection on which nothing comes', async () => {
      await using followed = await followMap({
        ...faulty.proxied(),
        timing: { silenceMs: 1_000, requestTimeoutMs: 500 },
      })
      await followed.watching()
      faulty.proxy.stall()
      const count = await faulty.map.update()
      await followed.warns(/nothing came for 1000 ms|no answer within 500 ms/)
      expect(followed.config.current.count).toBe(1)
      faulty.proxy.resume()
      await followed.recovers(count)
      // those on which nothing comes are not kept
      await eventually(() => expect(faulty.proxy.connections).toBe(1))
    })

    it('waits longer each time that a silent connection was in order', async () => {
      await using followed = await followMap({ ...faulty.proxied(), timing: { silenceMs: 200 } })
      await followed.watching()
      await eventually(() => expect(faulty.asked('watch')).toBeGreaterThanOrEqual(4))
      const at = faulty.proxy.requests.filter(({ verb }) => verb === 'watch').map((request) => request.at)
      const [first, second, third, fourth] = at as [number, number, number, number]
      expect(second - first).toBeGreaterThan(190)
      expect(third - second).toBeGreaterThan(390)
      expect(fourth - third).toBeGreaterThan(790)
      expect(followed.config.health()).toMatchObject({
        status: 'pass',
        reloads: { changed: 0, unchanged: 0, rejected: 0 },
      })
    })

    it.each([
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 500, body: '{"kind":"Status","code":500,"message":"etcdserver: leader changed"}' },
      { status: 503, headers: { 'content-type': 'text/html' }, body: '<h1>503</h1>' },
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>Log in</h1>' },
      { status: 302, headers: { location: 'https://127.0.0.1:1/' } },
    ])('keeps its values while the answer is $status $headers', async (instead) => {
      await using followed = await followMap(faulty.proxied())
      await followed.watching()
      faulty.proxy.instead = instead
      faulty.proxy.cut()
      const count = await faulty.map.update()
      await followed.warns(new RegExp(instead.status === 200 ? 'text/html|no event' : `answered ${instead.status}`))
      expect(followed.config.current.count).toBe(1)
      faulty.proxy.instead = undefined
      await followed.recovers(count)
    })

    it('waits for as long as the server asks for', async () => {
      await using followed = await followMap(faulty.proxied())
      await followed.watching()
      faulty.proxy.instead = { status: 429, headers: { 'retry-after': '1' } }
      faulty.proxy.cut()
      const before = faulty.proxy.requests.length
      await eventually(() => expect(faulty.proxy.requests.length).toBe(before + 2))
      const [first, second] = faulty.proxy.requests.slice(before).map(({ at }) => at) as [number, number]
      expect(second - first).toBeGreaterThanOrEqual(1_000)
      faulty.proxy.instead = undefined
      await followed.recovers(await faulty.map.update())
    })

    it('retries less and less often, and at once again after success', async () => {
      await using followed = await followMap({
        ...faulty.proxied(),
        timing: { backoffMs: 50, backoffMaxMs: 60_000, healthyMs: 0 },
      })
      await followed.watching()
      const before = faulty.proxy.requests.length
      faulty.proxy.instead = { status: 500 }
      faulty.proxy.cut()
      await delay(1_000)
      // with waits of 50 ms and less there would be 20 and more
      expect(faulty.proxy.requests.length - before).toBeLessThan(20)
      faulty.proxy.instead = undefined
      await followed.recovers(await faulty.map.update())
    })

    it('can be closed at any moment, and leaves no connection open', async () => {
      for (let turn = 0; turn < 15; turn++) {
        const starting = followMap({ ...faulty.proxied(), startTimeoutMs: 5_000 })
        if (turn % 2 === 0) faulty.proxy.slow = { bytes: 64, ms: 1 }
        const followed = await starting
        await delay(turn)
        await followed.config.close()
        faulty.proxy.slow = undefined
        await eventually(() => expect(faulty.proxy.connections).toBe(0))
      }
    })
  })
}
