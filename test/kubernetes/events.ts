import { createHotConfig } from '@hot-config/core'
import type { HotConfig } from '@hot-config/core'
import { configMap, reportEvents, secret } from '@hot-config/kubernetes'
import type { EventOptions } from '@hot-config/kubernetes'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { CONFIG_MAPS, EVENTS, SECRETS, ask, must } from '../support/api-server.ts'
import type { ApiServer } from '../support/api-server.ts'
import { createCertificate } from '../support/certificate.ts'
import { eventually } from '../support/eventually.ts'
import { startFaultyProxy } from '../support/faulty-proxy.ts'
import type { FaultyProxy } from '../support/faulty-proxy.ts'
import { FAST, freshName, useServer } from './support.ts'

/** What is written about a pod, the same on every API server. */
export function events(startServer: () => Promise<ApiServer>): void {
  const used = useServer(startServer)
  let proxy: FaultyProxy
  let name: string
  let config: HotConfig<{ level: string }>

  beforeEach(async () => {
    name = freshName()
    proxy = await startFaultyProxy(() => used.server.url, createCertificate(used.folder))
    await must(used.server, 'POST', CONFIG_MAPS, { metadata: { name }, data: { level: 'info' } })
    const source = configMap({ name, ...used.connection() })
    config = await createHotConfig({ schema: readLevel, sources: source, logger: false })
  })
  afterEach(async () => {
    await config.close()
    await proxy[Symbol.asyncDispose]()
  })

  const options = (): EventOptions => ({
    server: proxy.url,
    caFile: proxy.caFile,
    tokenFile: used.tokenFile,
    namespace: 'default',
    podName: name,
    podUid: `uid-of-${name}`,
    minIntervalMs: 50,
    timing: FAST,
  })
  const set = (level: string): Promise<unknown> =>
    must(used.server, 'PATCH', `${CONFIG_MAPS}/${name}`, { data: { level } })
  const written = async (): Promise<Record<string, any>[]> => {
    const { body } = await ask(used.server, 'GET', EVENTS)
    return (body['items'] as Record<string, any>[]).filter(({ involvedObject }) => involvedObject.name === name)
  }
  const writes = (): number => proxy.requests.filter(({ verb }) => verb === 'other').length

  describe('reportEvents()', () => {
    it('writes an Event about the pod for each change', async () => {
      using _reporting = reportEvents(config, options())
      await set('debug')
      await eventually(async () => expect(await written()).toHaveLength(1))
      const [event] = await written()
      expect(event).toMatchObject({
        type: 'Normal',
        reason: 'ConfigReloaded',
        message: `version 2 (${config.snapshot.digest.slice(0, 19)}) serves; changed: level`,
        count: 1,
        involvedObject: { kind: 'Pod', namespace: 'default', name, uid: `uid-of-${name}` },
        source: { component: 'hot-config' },
      })
    })

    it('writes why an update was rejected', async () => {
      using _reporting = reportEvents(config, options())
      await set('loud')
      await eventually(async () => expect(await written()).toHaveLength(1))
      const [event] = await written()
      expect(event).toMatchObject({ type: 'Warning', reason: 'ConfigRejected' })
      expect(event?.['message']).toContain(
        `update rejected, the last good configuration serves: ${config.health().lastRejection?.message}`,
      )
    })

    it('counts repeated changes in one Event, and writes no faster than allowed', async () => {
      using _reporting = reportEvents(config, { ...options(), minIntervalMs: 300 })
      for (let turn = 0; turn < 20; turn++) {
        await set(turn % 2 === 0 ? 'debug' : 'info')
        await eventually(() => expect(config.current.level).toBe(turn % 2 === 0 ? 'debug' : 'info'))
      }
      await eventually(async () => expect((await written()).map(({ count }) => count)).toEqual([20]))
      const [event] = await written()
      expect(event?.['message']).toMatch(/^version 21 /)
      expect(event?.['lastTimestamp'] >= event?.['firstTimestamp']).toBe(true)
      const at = proxy.requests.filter(({ verb }) => verb === 'other').map((request) => request.at)
      for (const [index, time] of at.slice(1).entries()) expect(time - (at[index] ?? 0)).toBeGreaterThan(290)
    })

    it('never shows any of two hundred secrets', async () => {
      const path = `${SECRETS}/${name}`
      const valuesOf = (turn: string): Record<string, string> =>
        Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`key${index}`, `hunter${index}-${turn}`]))
      await must(used.server, 'POST', SECRETS, { metadata: { name }, stringData: valuesOf('first') })
      const sources = secret({ name, ...used.connection() })
      await using hidden = await createHotConfig({
        logger: false,
        sources,
        schema: (input) => {
          if (String(input['key0']).endsWith('bad')) throw new Error(`no good: ${Object.values(input).join(', ')}`)
          return input
        },
      })
      using _reporting = reportEvents(hidden, options())
      for (const [turn, count] of [
        ['second', 1],
        ['bad', 2],
      ] as const) {
        const data = Object.entries(valuesOf(turn)).map(([key, value]) => [key, Buffer.from(value).toString('base64')])
        await must(used.server, 'PATCH', path, { data: Object.fromEntries(data) as object })
        await eventually(async () => expect(await written()).toHaveLength(count))
      }
      expect(JSON.stringify(await written())).toContain('no good: [redacted]')
      expect(JSON.stringify(await written())).not.toMatch(/hunter|token/)
    })

    it('names no key below a secret', async () => {
      const content = (n: number): object => ({
        data: { 'app.json': JSON.stringify({ n, tokens: { sk_live_51H: n } }) },
      })
      await must(used.server, 'PATCH', `${CONFIG_MAPS}/${name}`, content(1))
      const sources = configMap({ name, ...used.connection() })
      const schema = (input: Record<string, unknown>): object => {
        if (input['n'] === 3) throw new Error(`no good: ${JSON.stringify(input)}`)
        return input
      }
      await using hidden = await createHotConfig({ sources, schema, logger: false })
      using _reporting = reportEvents(hidden, options())
      for (const n of [2, 3]) {
        await must(used.server, 'PATCH', `${CONFIG_MAPS}/${name}`, content(n))
        await eventually(async () => expect(await written()).toHaveLength(n - 1))
      }
      const messages = (await written()).map(({ message }) => message as string)
      expect(messages).toEqual(
        expect.arrayContaining([expect.stringMatching(/changed: n, tokens$/), expect.stringContaining('no good: ')]),
      )
      expect(messages.join()).not.toContain('sk_live')
    })

    it("writes later, at once, what couldn't be written", async () => {
      using _reporting = reportEvents(config, options())
      proxy.instead = { status: 503 }
      await set('debug')
      await eventually(() => expect(writes()).toBeGreaterThanOrEqual(2))
      proxy.instead = undefined
      await set('info')
      await eventually(async () => expect((await written()).map(({ count }) => count)).toEqual([2]))
    })

    it("drops silently what can't be written, and writes what comes next", async () => {
      using _reporting = reportEvents(config, options())
      proxy.instead = { status: 403 }
      await set('debug')
      await eventually(() => expect(writes()).toBe(5))
      proxy.instead = undefined
      await set('loud')
      await eventually(async () => expect(await written()).toHaveLength(1))
      expect((await written())[0]).toMatchObject({ reason: 'ConfigRejected' })
    })

    it('creates the Event again when the API server no longer has it', async () => {
      using _reporting = reportEvents(config, options())
      await set('debug')
      await eventually(async () => expect(await written()).toHaveLength(1))
      const [event] = await written()
      await must(used.server, 'DELETE', `${EVENTS}/${event?.['metadata'].name}`)
      await set('info')
      await eventually(async () => expect((await written()).map(({ count }) => count)).toEqual([2]))
    })

    it('keeps no connection open, and writes nothing after it was closed', async () => {
      const reporting = reportEvents(config, options())
      await set('debug')
      await eventually(async () => expect(await written()).toHaveLength(1))
      await eventually(() => expect(proxy.connections).toBe(0))
      reporting.close()
      await set('info')
      await eventually(() => expect(config.current.level).toBe('info'))
      expect(writes()).toBe(1)
    })

    it('reads the names of the pod from the environment', async () => {
      vi.stubEnv('POD_NAME', name)
      vi.stubEnv('POD_UID', 'from-the-environment')
      vi.stubEnv('POD_NAMESPACE', 'default')
      const { podName: _name, podUid: _uid, namespace: _namespace, ...rest } = options()
      using _reporting = reportEvents(config, rest)
      vi.unstubAllEnvs()
      await set('debug')
      await eventually(async () => expect(await written()).toHaveLength(1))
      expect((await written())[0]?.['involvedObject']).toMatchObject({ name, uid: 'from-the-environment' })
    })
  })
}

function readLevel(input: unknown): { level: string } {
  const { level } = input as { level: string }
  if (!['debug', 'info'].includes(level)) throw new Error('level: expected debug or info')
  return { level }
}
