import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import type { ApiServer } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { useFaultyServer } from './faulty-server.ts'
import { followMap } from './support.ts'

/** How a source of the API follows what changes on the server, the same on every API server. */
export function serverChanges(startServer: () => Promise<ApiServer>): void {
  const faulty = useFaultyServer(startServer)

  describe('a source of the API', () => {
    it('keeps its values without permission, reports which permission is missing, and continues when it has it', async () => {
      await using followed = await followMap(faulty.proxied())
      await followed.watching()
      await faulty.server.allow(false)
      faulty.proxy.cut()
      const count = await faulty.map.update()
      await followed.warns(/\(403\).*cannot (list|watch) resource "configmaps"/)
      const [warning = ''] = followed.source().warnings
      expect(warning).toContain('kind: Role\n')
      expect(warning).toContain(`resourceNames: ["${faulty.map.name}"]`)
      expect(warning).toContain('verbs: ["list", "watch"]')
      expect(warning).not.toContain(faulty.server.readerToken)
      expect(followed.config.current.count).toBe(1)
      await faulty.server.allow(true)
      await followed.recovers(count)
    })

    it('keeps its values when its token expired, and reads the new token from disk', async () => {
      await using followed = await followMap(faulty.proxied())
      await followed.watching()
      await writeFile(faulty.tokenFile, 'expired-token')
      faulty.proxy.cut()
      const count = await faulty.map.update()
      await followed.warns(/\(401\)/)
      expect(JSON.stringify(followed.config.health())).not.toContain('expired-token')
      expect(followed.config.current.count).toBe(1)
      await writeFile(faulty.tokenFile, `${faulty.server.readerToken}\n`)
      await followed.recovers(count)
    })

    it('keeps its values when the server has a new certificate, and reads the new CA from disk', async () => {
      const caFile = join(faulty.folder, 'rotated.crt')
      await copyFile(faulty.proxy.caFile, caFile)
      await using followed = await followMap({ ...faulty.proxied(), caFile })
      await followed.watching()
      await faulty.replaceProxy()
      const count = await faulty.map.update()
      await followed.warns(/can't be trusted/)
      expect(followed.config.current.count).toBe(1)
      await copyFile(faulty.proxy.caFile, caFile)
      await followed.recovers(count)
    })

    it('keeps its values after a deletion, reports that, and serves the new object', async () => {
      await using followed = await followMap(faulty.direct())
      await followed.watching()
      const revision = followed.source().revision
      await faulty.map.remove()
      await eventually(() => {
        expect(followed.config.health().status).toBe('warn')
        expect(followed.source()).toMatchObject({ revision, watching: 'watch', updatable: false })
        expect(followed.source().warnings.join()).toMatch(/was deleted/)
      })
      expect(followed.config.current.count).toBe(1)
      await faulty.map.create()
      await followed.recovers(2)
      expect(followed.source().revision).not.toBe(revision)
    })

    it('finds a deletion and a new object that came while there was no connection', async () => {
      await using followed = await followMap({ ...faulty.proxied(), timing: { silenceMs: 500, requestTimeoutMs: 500 } })
      await followed.watching()
      faulty.proxy.stall()
      await faulty.map.remove()
      await faulty.map.create()
      await followed.warns(/no answer/)
      faulty.proxy.resume()
      await followed.recovers(2)
      expect(followed.config.health().status).toBe('pass')
    })

    it('serves an object that becomes immutable, and reports that', async () => {
      await using followed = await followMap(faulty.direct())
      await followed.watching()
      await followed.servesCount(await faulty.map.update({ immutable: true }))
      expect(followed.source().warnings.join()).toMatch(/is immutable/)
      expect(followed.config.health().status).toBe('pass')
      await faulty.map.remove()
      await faulty.map.create()
      await followed.recovers(3)
    })

    it('keeps its values while the API server is down, and serves what the server has when it is back', async () => {
      await using followed = await followMap(faulty.direct())
      await followed.watching()
      await faulty.map.update()
      await faulty.server.kill()
      await followed.warns(/can't be reached: .*ECONNREFUSED|the watch broke/)
      const served = followed.config.current.count
      await faulty.server.start()
      await followed.servesCount(await faulty.map.update())
      await followed.recovers(await faulty.map.update())
      expect(served).toBeLessThanOrEqual(2)
    })

    it('lists again when the server no longer knows the version', async () => {
      await using followed = await followMap(faulty.proxied())
      await followed.watching()
      await followed.servesCount(await faulty.map.update())
      faulty.proxy.stall()
      faulty.proxy.cut()
      const count = await faulty.map.update()
      await faulty.server.forget()
      const before = faulty.proxy.requests.length
      faulty.proxy.resume()
      await followed.recovers(count)
      expect(faulty.proxy.requests.slice(before).map(({ verb }) => verb)).toEqual(['watch', 'list', 'watch'])
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
    ])('lists without a version when even a list of that version is rejected: $body', async (refusal) => {
      await using followed = await followMap(faulty.proxied())
      await followed.watching()
      await followed.servesCount(await faulty.map.update())
      faulty.proxy.instead = { ...refusal, to: (query) => !query.has('watch') && query.has('resourceVersion') }
      const before = faulty.proxy.requests.length
      faulty.proxy.insertNext('{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n')
      await followed.recovers(await faulty.map.update())
      const requests = faulty.proxy.requests.slice(before).map(({ verb, version }) => [verb, version === null])
      expect(requests.slice(0, 3)).toEqual([
        ['list', false],
        ['list', true],
        ['watch', false],
      ])
    })

    it('may start before the API server does', async () => {
      await faulty.server.kill()
      const starting = followMap({ ...faulty.direct(), startTimeoutMs: 60_000 })
      await faulty.server.start()
      await using followed = await starting
      await followed.recovers(await faulty.map.update())
      expect(followed.config.health().status).toBe('pass')
    })
  })
}
