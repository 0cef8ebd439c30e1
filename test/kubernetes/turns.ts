import { createHotConfig, file, startHotConfig, volume, withCanary, withFallback } from '@hot-config/core'
import type { HotConfig, HotConfigOptions, Source } from '@hot-config/core'
import { configMap, reportEvents } from '@hot-config/kubernetes'
import type { EventOptions, ObjectOptions } from '@hot-config/kubernetes'
import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { CONFIG_MAPS, EVENTS, ask, must } from '../support/api-server.ts'
import type { ApiServer } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { useFaultyServer } from './faulty-server.ts'
import { FAST, TestConfigMap, followMap } from './support.ts'

/** A source that no update reaches. */
const stuck: Source = {
  name: 'stuck',
  read: async () => ({
    revision: '1',
    entries: [{ path: ['fixed'], value: 1 }],
    updatable: false,
    warnings: ['it is mounted with subPath'],
  }),
}

/** What is logged and written as Events when something turns and turns back, the same on every API server. */
export function turns(startServer: () => Promise<ApiServer>): void {
  const used = useFaultyServer(startServer)
  const options = (): ObjectOptions => ({ ...used.proxied(), timing: FAST })

  const create = (more: HotConfigOptions<undefined> = {}): Promise<HotConfig<Record<string, unknown>>> =>
    createHotConfig({ sources: configMap(options()), logger: false, ...more })
  // on a connection of their own: what is wrong with that of the source must not keep Events from being written
  const eventOptions = (): EventOptions => {
    const { name: podName, ...connection } = used.direct()
    return { ...connection, namespace: 'default', podName, minIntervalMs: 20, timing: FAST }
  }

  interface Written {
    readonly type: string
    readonly reason: string
    readonly message: string
    readonly count: number
  }

  const written = async (): Promise<Written[]> => {
    const { body } = await ask(used.server, 'GET', EVENTS)
    const items = body['items'] as (Written & { readonly involvedObject: { readonly name: string } })[]
    return items
      .filter(({ involvedObject }) => involvedObject.name === used.map.name)
      .map(({ type, reason, message, count }) => ({ type, reason, message, count }))
  }
  /** Waits until exactly these were written, in any order. */
  const writes = (expected: readonly object[]): Promise<void> =>
    eventually(async () => {
      const all = await written()
      expect(all).toHaveLength(expected.length)
      expect(all).toEqual(expect.arrayContaining(expected.map((event) => expect.objectContaining(event))))
    })
  const watching = (config: HotConfig<unknown>): Promise<void> =>
    eventually(() => expect(config.health().sources[0]).toMatchObject({ watching: 'watch' }))

  const troubles: readonly [string, () => unknown, () => unknown, RegExp][] = [
    ['permission', () => (used.proxy.instead = { status: 403 }), () => (used.proxy.instead = undefined), /\(403\)/],
    ['a valid token', () => (used.proxy.instead = { status: 401 }), () => (used.proxy.instead = undefined), /\(401\)/],
    ['a connection', () => used.proxy.stall(), () => used.proxy.resume(), /no watch since .*/],
    ['the object', () => used.map.remove(), () => used.map.create(), /was deleted/],
  ]

  describe('the log', () => {
    it.each(troubles)(
      'has one line when updates stop without %s, and one when they arrive again',
      async (...trouble) => {
        const [, spoil, heal, why] = trouble
        await using followed = await followMap(options())
        const { logger } = followed
        const lines = (): string[] =>
          logger.lines.map(({ message }) => message).filter((message) => / reach configMap:/.test(message))
        await followed.watching()
        await spoil()
        used.proxy.cut()
        await eventually(() => expect(lines()).toHaveLength(1))
        expect(lines()[0]).toMatch(new RegExp(`^updates no longer reach configMap:default/${used.map.name}: `))
        expect(lines()[0]).toMatch(why)
        await heal()
        await followed.watching()
        await eventually(() => expect(lines()).toHaveLength(2))
        expect(lines()[1]).toBe(`updates reach configMap:default/${used.map.name} again`)
        await followed.reports({ status: 'pass' })
      },
    )
  })

  describe('reportEvents()', () => {
    it('writes that updates stopped and why, that they arrive again, and counts both', async () => {
      await using config = await create()
      await watching(config)
      using _reporting = reportEvents(config, eventOptions())
      for (const count of [1, 2]) {
        used.proxy.instead = { status: 403, body: '{"kind":"Status","code":403,"message":"no rule"}' }
        used.proxy.cut()
        await writes([
          {
            type: 'Warning',
            reason: 'ConfigUpdatesStopped',
            message: expect.stringMatching(
              new RegExp(
                `^updates do not reach configMap:default/${used.map.name}: no watch since .*\\(403\\): no rule$`,
              ),
            ),
            count,
          },
          ...(count > 1 ? [{ reason: 'ConfigUpdatesResumed', count: count - 1 }] : []),
        ])
        used.proxy.instead = undefined
        await writes([
          { reason: 'ConfigUpdatesStopped', count },
          {
            type: 'Normal',
            reason: 'ConfigUpdatesResumed',
            message: `updates reach configMap:default/${used.map.name} again`,
            count,
          },
        ])
        await watching(config)
      }
    })

    it('writes that updates do not arrive when that was so from the start', async () => {
      await using config = await create()
      await watching(config)
      await used.map.remove()
      await eventually(() => expect(config.health().sources[0]).toMatchObject({ updatable: false }))
      using _reporting = reportEvents(config, eventOptions())
      await writes([{ reason: 'ConfigUpdatesStopped', message: expect.stringMatching(/was deleted/) }])
    })

    it('writes why the last good configuration serves from the start, and that this ended', async () => {
      let bytes: Uint8Array | undefined
      let bad: number | undefined
      const lastGood = { load: async () => bytes, save: async (saved: Uint8Array) => void (bytes = saved) }
      const schema = ({ count }: Record<string, unknown>): object => {
        if (count === bad) throw new Error('count: expected another')
        return { count }
      }
      {
        await using before = await createHotConfig({ sources: configMap(options()), lastGood, schema, logger: false })
        await before.close()
      }
      bad = await used.map.update()
      await using config = await createHotConfig({ sources: configMap(options()), lastGood, schema, logger: false })
      using _reporting = reportEvents(config, eventOptions())
      const rejected = { type: 'Warning', reason: 'ConfigRejected', message: expect.stringMatching(/expected another/) }
      await writes([rejected])
      await used.map.update()
      await writes([rejected, { reason: 'ConfigReloaded' }])
    })

    it.each([
      { of: 'nothing is wrong', more: () => ({}), expected: [] },
      {
        of: 'it can not be updated',
        more: () => ({ sources: [configMap(options()), stuck] }),
        expected: [
          { reason: 'ConfigUpdatesStopped', message: 'updates do not reach stuck: it is mounted with subPath' },
        ],
      },
    ])('writes about a configuration that is loaded later what is wrong with it, where $of', async (given) => {
      const sources = configMap(options())
      const { config: later, ready } = startHotConfig({ sources, logger: false, ...given.more() })
      await using config = later
      using _reporting = reportEvents(config, eventOptions())
      await ready
      await writes(given.expected)
      await used.map.update()
      await writes([...given.expected, { reason: 'ConfigReloaded' }])
    })

    it('writes that the object was deleted, and that it is there again', async () => {
      await using config = await create()
      await watching(config)
      using _reporting = reportEvents(config, eventOptions())
      await used.map.remove()
      await writes([{ reason: 'ConfigUpdatesStopped' }, { reason: 'ConfigRejected' }])
      await used.map.create()
      await writes([
        { reason: 'ConfigUpdatesStopped' },
        { reason: 'ConfigRejected' },
        { reason: 'ConfigUpdatesResumed' },
        { reason: 'ConfigReloaded' },
      ])
    })

    it('writes that a rejection ended, unless a change says so', async () => {
      const schema = (input: Record<string, unknown>): Record<string, unknown> =>
        input['count'] === 2 || input['count'] === 3 ? expect.fail('not this one') : input
      await using config = await createHotConfig({ sources: configMap(options()), logger: false, schema })
      await watching(config)
      using _reporting = reportEvents(config, eventOptions())
      await used.map.update()
      await writes([{ reason: 'ConfigRejected' }])
      await must(used.server, 'PATCH', used.map.path, { data: { 'app.json': '{"count":1}' } })
      const recovered = { type: 'Normal', reason: 'ConfigRecovered', message: expect.stringContaining('version 1 ') }
      await writes([{ reason: 'ConfigRejected' }, recovered])
      await used.map.update()
      await used.map.update()
      await writes([{ reason: 'ConfigRejected', count: 2 }, { ...recovered, count: 1 }, { reason: 'ConfigReloaded' }])
    })

    it('writes that another source of a fallback serves, and that the first does again', async () => {
      await using mounted = await createConfigMapVolume()
      await mounted.update({ 'app.json': '{"count":0}' })
      const sources = withFallback(configMap(options()), volume(mounted.path), { patienceMs: 300 })
      await using config = await create({ sources, recheckMs: 50 })
      await watching(config)
      using _reporting = reportEvents(config, eventOptions())
      used.proxy.instead = { status: 401 }
      used.proxy.cut()
      await eventually(() => expect(config.health().sources[0]).toMatchObject({ updatable: false }))
      await mounted.update({ 'app.json': '{"count":-1}' })
      const name = `configMap:default/${used.map.name}`
      const switched = {
        type: 'Warning',
        reason: 'ConfigSourceSwitched',
        message: expect.stringContaining(`volume:${mounted.path} serves in place of ${name}: serves in place of`),
      }
      await writes([{ reason: 'ConfigUpdatesStopped' }, switched, { reason: 'ConfigReloaded' }])
      used.proxy.instead = undefined
      await writes([
        { reason: 'ConfigUpdatesStopped' },
        switched,
        {
          type: 'Normal',
          reason: 'ConfigSourceSwitched',
          message: `${name} serves in place of volume:${mounted.path}`,
        },
        { reason: 'ConfigReloaded', count: 2 },
      ])
    })

    it('writes that a canary of the API serves, was rejected, and is gone', async () => {
      const canary = new TestConfigMap(used.server)
      const source = withCanary(configMap(options()), configMap({ ...options(), name: canary.name, required: false }))
      const schema = (input: Record<string, unknown>): Record<string, unknown> =>
        input['more'] === 2 ? expect.fail('not this one') : input
      await using config = await createHotConfig({ sources: source, schema, logger: false })
      expect(config.health()).toMatchObject({ status: 'pass', canary: null })
      await watching(config)
      using _reporting = reportEvents(config, eventOptions())
      const write = (method: string, path: string, data: object): Promise<unknown> =>
        must(used.server, method, path, { metadata: { name: canary.name }, data })
      await write('POST', CONFIG_MAPS, { 'hot-config.share': '100%', 'more.json': '{"more":1}' })
      await writes([
        { reason: 'ConfigCanary', message: 'the canary serves (share 100 %)' },
        { reason: 'ConfigReloaded' },
      ])
      expect(config.current).toMatchObject({ more: 1 })
      await write('PATCH', canary.path, { 'more.json': '{"more":2}' })
      await eventually(() => expect(config.health().canary).toMatchObject({ state: 'refused' }))
      expect(config.current).not.toHaveProperty('more')
      await writes([
        { reason: 'ConfigCanary', message: 'the canary serves (share 100 %)' },
        { reason: 'ConfigCanary', message: 'the canary no longer serves' },
        { reason: 'ConfigReloaded', count: 2 },
        { reason: 'ConfigRejected' },
      ])
      await canary.remove()
      await eventually(() => expect(config.health()).toMatchObject({ canary: null, lastRejection: null }))
    })

    it('writes that changes wait for a restart', async () => {
      await using config = await create({ restartRequired: ['count'] })
      await watching(config)
      using _reporting = reportEvents(config, eventOptions())
      await used.map.update()
      await writes([{ type: 'Warning', reason: 'ConfigRestartPending', message: 'changes wait for a restart: count' }])
    })

    it('writes nothing about sources that never change', async () => {
      await using mounted = await createConfigMapVolume()
      await mounted.update({ 'app.json': '{"count":0}' })
      const fixed = { ...file(`${mounted.path}/app.json`), watch: undefined as never }
      await using config = await create({ sources: [fixed, configMap(options())] })
      using _reporting = reportEvents(config, eventOptions())
      await used.map.update()
      await writes([{ reason: 'ConfigReloaded' }])
    })
  })
}
