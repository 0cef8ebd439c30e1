import { setTimeout as delay } from 'node:timers/promises'

import { createHotConfig, startHotConfig, volume, withFallback } from '@hot-config/core'
import type { HotConfig } from '@hot-config/core'
import { configMap } from '@hot-config/kubernetes'
import type { ObjectOptions } from '@hot-config/kubernetes'
import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import type { ApiServer } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { useFaultyServer } from './faulty-server.ts'
import { FAST } from './support.ts'

const COUNT = 5

/** What is left of a source of the API once nobody follows it, the same on every API server. */
export function closing(startServer: () => Promise<ApiServer>): void {
  const used = useFaultyServer(startServer)
  const options = (): ObjectOptions => ({ ...used.proxied(), timing: FAST, startTimeoutMs: 10_000 })
  const context = { changed: () => undefined, lastStamp: () => undefined, recheckMs: 3_600_000 }

  /** Checks that this leaves no watch and no connection, now and after everything had time to open late. */
  const leavesNothing = async (act: () => Promise<void>): Promise<void> => {
    const before = await used.server.watches()
    await act()
    const nothingIsOpen = async (): Promise<void> => {
      expect(used.proxy.connections).toBe(0)
      expect(await used.server.watches()).toBe(before)
    }
    await eventually(nothingIsOpen)
    await delay(300)
    await nothingIsOpen()
  }

  const schema = async (input: unknown): Promise<unknown> => {
    await delay(20)
    return input
  }

  describe('a source of the API', () => {
    it.each([0, 1, 5, 20, 60])('is followed by nobody when its first load was closed after %d ms', (ms) =>
      leavesNothing(async () => {
        for (let turn = 0; turn < COUNT; turn++) {
          const { config, ready } = startHotConfig({ schema, sources: configMap(options()), logger: false })
          if (ms > 0) await delay(ms)
          await config.close()
          await ready.catch(() => undefined)
        }
      }),
    )

    it.each([0, 1, 5, 20, 60])('is followed by nobody when its first load was aborted after %d ms', (ms) =>
      leavesNothing(async () => {
        for (let turn = 0; turn < COUNT; turn++) {
          const abort = new AbortController()
          const sources = configMap(options())
          const creating = createHotConfig({ schema, sources, logger: false, signal: abort.signal })
          if (ms > 0) await delay(ms)
          abort.abort()
          const config = await creating.catch(() => undefined)
          await config?.close()
        }
      }),
    )

    it('is followed by nobody when its start failed', () =>
      leavesNothing(async () => {
        for (let turn = 0; turn < COUNT; turn++) {
          const reject = (): never => expect.fail('not good enough')
          const creating = createHotConfig({ schema: reject, sources: configMap(options()), logger: false })
          await expect(creating).rejects.toThrow('not good enough')
        }
      }))

    it('is followed by nobody when it was closed while it waited for its credentials', () =>
      leavesNothing(async () => {
        let answer: (() => void) | undefined
        const asked = new Promise<void>((resolve) => (answer = resolve))
        const { tokenFile: _tokenFile, caFile: _caFile, ...rest } = options()
        const { config, ready } = startHotConfig({
          sources: configMap({
            ...rest,
            async credentials() {
              await asked
              const authorization = `Bearer ${used.server.readerToken}`
              return { headers: { authorization }, tls: { rejectUnauthorized: false } }
            },
          }),
          logger: false,
        })
        await delay(20)
        await config.close()
        await ready.catch(() => undefined)
        answer?.()
      }))

    it('is followed by nobody when the files that it falls back to serve', () =>
      leavesNothing(async () => {
        await using mounted = await createConfigMapVolume()
        await mounted.update({ 'app.json': '{"count":0}' })
        used.proxy.instead = { status: 503 }
        const sources = withFallback(configMap(options()), volume(mounted.path), { patienceMs: 50 })
        const config = await createHotConfig({ sources, logger: false })
        used.proxy.instead = undefined
        await config.close()
      }))

    it('is followed as long as one configuration is open, and by the next one again', () =>
      leavesNothing(async () => {
        const source = configMap(options())
        const open = async (): Promise<HotConfig<unknown>> => {
          const config = await createHotConfig({ sources: source, logger: false })
          await eventually(() => expect(config.health().sources[0]).toMatchObject({ watching: 'watch' }))
          return config
        }
        const [first, second] = [await open(), await open()]
        const before = await used.server.watches()
        await first.close()
        await first.close()
        expect(await used.server.watches()).toBe(before)
        await second.close()
        const third = await open()
        expect(await used.server.watches()).toBe(before)
        await third.close()
      }))

    it('closes a watch whenever it is closed', () =>
      leavesNothing(async () => {
        const source = configMap(options())
        for (let ms = 0; ms < 100; ms += 10) {
          const watch = source.watch?.(context)
          await delay(ms)
          watch?.close()
          watch?.close()
        }
        // read once more, now that nobody watches it
        expect((await source.read(new AbortController().signal)).entries).toHaveLength(1)
      }))

    it('ends a reading that nobody follows any more with what the API server answers', async () => {
      used.proxy.instead = { status: 503 }
      const source = configMap(options())
      const watch = source.watch?.(context)
      const reading = source.read(new AbortController().signal)
      watch?.close()
      await expect(reading).rejects.toThrow(/answered 503/)
    })
  })
}
