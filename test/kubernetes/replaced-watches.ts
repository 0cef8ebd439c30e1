import { describe, expect, it } from 'vitest'

import type { ApiServer } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { useFaultyServer } from './faulty-server.ts'
import { followMap } from './support.ts'
import type { FollowedMap } from './support.ts'

const LIST_MS = 200

/** Lists replace a watch soon and often, and nothing counts as stale meanwhile. */
const TIMING = { watchOpenMs: 300, listMs: LIST_MS, staleMs: 5_000 }

/** What a source of the API does where lists succeed and watches do not, the same on every API server. */
export function replacedWatches(startServer: () => Promise<ApiServer>): void {
  const used = useFaultyServer(startServer)
  const listsAt = (): number[] => used.proxy.requests.filter(({ verb }) => verb === 'list').map(({ at }) => at)
  const listing = (followed: FollowedMap): Promise<void> => followed.reports({ sources: [{ watching: 'list' }] })

  describe('a source of the API behind a proxy that buffers', () => {
    it('lists at a slow rate while no watch begins to answer, says why, and watches again when one does', async () => {
      used.proxy.buffers = 'answers'
      await using followed = await followMap({ ...used.proxied(), timing: TIMING })
      await listing(followed)
      expect(followed.config.health().status).toBe('pass')
      expect(followed.source()).toMatchObject({ updatable: true })
      expect(followed.source().warnings.join()).toMatch(
        /^no watch since \d{4}-.*, so a list every 0.2 to 0.6 s replaces it: .*no answer within \d+ ms; a proxy that buffers .*proxy_buffering off/,
      )
      for (let turn = 0; turn < 5; turn++) await followed.servesCount(await used.map.update())
      used.proxy.buffers = undefined
      await followed.recovers(await used.map.update())
      expect(followed.source().warnings).toEqual([])
      const lists = used.asked('list')
      await followed.servesCount(await used.map.update())
      expect(used.asked('list')).toBe(lists)
    })

    it('logs one line when lists replace the watch, and one when there is a watch again', async () => {
      await using followed = await followMap({ ...used.proxied(), timing: TIMING })
      const lines = (): string[] =>
        followed.logger.lines.map(({ level, message }) => `${level} ${message}`).filter((line) => / late/.test(line))
      await followed.watching()
      for (let turn = 0; turn < 2; turn++) {
        followed.logger.lines.length = 0
        used.proxy.buffers = 'answers'
        used.proxy.cut()
        await listing(followed)
        await eventually(() => expect(lines()).toHaveLength(1))
        expect(lines()[0]).toMatch(
          /^warn updates of configMap:.* arrive late: no watch since .*a list every 0.2 to 0.6 s/,
        )
        // a server that can't answer for a moment is neither
        used.proxy.instead = { status: 503 }
        await followed.warns(/answered 503/)
        used.proxy.instead = undefined
        await listing(followed)
        expect(lines()).toHaveLength(1)
        used.proxy.buffers = undefined
        await followed.recovers(await used.map.update())
        await eventually(() => expect(lines()).toHaveLength(2))
        expect(lines()[1]).toMatch(/^info updates of configMap:.* no longer arrive late$/)
      }
    })

    it('lists no more often than that, and not for all processes at one instant', async () => {
      used.proxy.buffers = 'answers'
      await using followed = await followMap({ ...used.proxied(), timing: TIMING })
      await listing(followed)
      const before = listsAt().length
      await eventually(() => expect(listsAt().length).toBeGreaterThanOrEqual(before + 8))
      const at = listsAt().slice(before)
      const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0))
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(LIST_MS - 10)
      expect(Math.max(...gaps) - Math.min(...gaps)).toBeGreaterThan(LIST_MS / 10)
    })

    it('lists where watches open and bring nothing, and watches again when one brings something', async () => {
      used.proxy.buffers = 'bodies'
      await using followed = await followMap({ ...used.proxied(), timing: { ...TIMING, silenceMs: 300 } })
      await followed.watching()
      // the first could be a dead connection
      for (let turn = 0; turn < 2; turn++) {
        await used.map.update()
        await followed.servesCount(used.map.count)
      }
      await listing(followed)
      expect(followed.source().warnings.join()).toMatch(/nothing came for \d+ ms .*proxy_buffering off/)
      for (let turn = 0; turn < 3; turn++) await followed.servesCount(await used.map.update())
      await listing(followed)
      expect(followed.config.health().status).toBe('pass')
      used.proxy.buffers = undefined
      // an update that a watch brings proves it; one that came with a list does not
      await eventually(async () => {
        await followed.servesCount(await used.map.update())
        expect(followed.source()).toMatchObject({ watching: 'watch', warnings: [] })
      })
    })

    it('finds out soon that a proxy holds back the bodies of answers, also when nothing changes', async () => {
      used.proxy.buffers = 'bodies'
      await using followed = await followMap({
        ...used.proxied(),
        timing: { ...TIMING, probeAfterMs: 200, probeMs: 200 },
      })
      await listing(followed)
      expect(followed.source().warnings.join()).toMatch(/nothing came for 200 ms .*proxy_buffering off/)
      for (let turn = 0; turn < 3; turn++) await followed.servesCount(await used.map.update())
      used.proxy.buffers = undefined
      await eventually(async () => {
        await followed.servesCount(await used.map.update())
        expect(followed.source()).toMatchObject({ watching: 'watch', warnings: [] })
      })
    })

    it('watches again when a proxy no longer holds back bodies, although nothing changes', async () => {
      used.proxy.buffers = 'bodies'
      await using followed = await followMap({
        ...used.proxied(),
        timing: { ...TIMING, probeAfterMs: 200, probeMs: 200 },
      })
      await listing(followed)
      used.proxy.buffers = undefined
      await followed.watching()
      await followed.reports({ status: 'pass', sources: [{ warnings: [] }], reloads: { changed: 0 } })
      await followed.servesCount(await used.map.update())
    })

    it('asks once whether a quiet watch is in order, and keeps it', async () => {
      await using followed = await followMap({
        ...used.proxied(),
        timing: { ...TIMING, probeAfterMs: 100, probeMs: 500 },
      })
      await followed.watching()
      const [watches, lists] = [used.asked('watch'), used.asked('list')]
      await eventually(() => expect(used.asked('watch')).toBe(watches + 1))
      expect(used.proxy.requests.at(-1)).toMatchObject({ verb: 'watch', version: '0' })
      // longer than both times together: nothing else is asked for
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      expect([used.asked('watch'), used.asked('list')]).toEqual([watches + 1, lists])
      expect(followed.source()).toMatchObject({ watching: 'watch', warnings: [] })
      await followed.servesCount(await used.map.update())
    })

    it('reports that lists replace a watch, and that they no longer do, by a check of their own', async () => {
      used.proxy.buffers = 'answers'
      await using followed = await followMap({ ...used.proxied(), timing: TIMING })
      const reloads = (): number => followed.config.health().reloads.unchanged
      await listing(followed)
      await eventually(() => expect(reloads()).toBe(1))
      used.proxy.buffers = undefined
      await followed.watching()
      await eventually(() => expect(reloads()).toBe(2))
    })
  })

  describe('a source of the API that may not watch', () => {
    it.each([
      { status: 403, why: /\(403\)[^]*verbs: \["list", "watch"\]/ },
      { status: 500, why: /answered 500/ },
      { status: 404, why: /no such thing \(404\)/ },
      { status: 200, headers: { 'content-type': 'text/html' }, why: /text\/html/ },
    ])('lists instead while every watch is answered with $status', async ({ why, ...instead }) => {
      used.proxy.instead = { ...instead, to: (query) => query.has('watch') }
      await using followed = await followMap({ ...used.proxied(), timing: TIMING })
      await listing(followed)
      expect(followed.source()).toMatchObject({ updatable: true })
      expect(followed.source().warnings.join()).toMatch(why)
      expect(followed.source().warnings.join()).not.toContain('nginx')
      for (let turn = 0; turn < 3; turn++) await followed.servesCount(await used.map.update())
      used.proxy.instead = undefined
      await followed.recovers(await used.map.update())
    })

    it('does not list while the server asks to wait', async () => {
      await using followed = await followMap({ ...used.proxied(), timing: TIMING })
      await followed.watching()
      await followed.servesCount(await used.map.update())
      used.proxy.instead = { status: 429 }
      used.proxy.cut()
      const lists = used.asked('list')
      await followed.warns(/answered 429/)
      expect(used.asked('list')).toBe(lists)
      used.proxy.instead = undefined
      await followed.recovers(await used.map.update())
    })

    it('reports that updates stopped when lists fail as well', async () => {
      used.proxy.buffers = 'answers'
      await using followed = await followMap({ ...used.proxied(), timing: { ...TIMING, staleMs: 500 } })
      await listing(followed)
      used.proxy.instead = { status: 503 }
      await followed.warns(/answered 503/)
      used.proxy.instead = undefined
      used.proxy.buffers = undefined
      await followed.recovers(await used.map.update())
    })
  })
}
