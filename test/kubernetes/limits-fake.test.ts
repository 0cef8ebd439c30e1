import { execFileSync } from 'node:child_process'
import { rename, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { createHotConfig, values } from '@hot-config/core'
import type { Reading, Source } from '@hot-config/core'
import { configMap, fromKubeConfig, reportEvents } from '@hot-config/kubernetes'
import type { Credentials, EventOptions, ObjectOptions, Timing } from '@hot-config/kubernetes'
import { KubeConfig } from '@kubernetes/client-node'
import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { startFakeApiServer } from '../support/fake-api-server.ts'
import { follow } from '../support/follow.ts'
import { loadError } from '../support/load-error.ts'
import { NodeWarnings } from '../support/node-warnings.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { useFaultyServer } from './faulty-server.ts'
import { FAST, followMap, freshName } from './support.ts'

const SHORT: Partial<Timing> = { ...FAST, credentialsMs: 200, requestTimeoutMs: 200, answerMs: 500 }
/** For what waits for an answer only: on a loaded machine, to read a token can take long. */
const SHORT_ANSWERS: Partial<Timing> = { ...FAST, requestTimeoutMs: 200, answerMs: 500 }

const never = (): Promise<never> => new Promise(() => undefined)

describe('a source of the API', () => {
  const used = useFaultyServer(startFakeApiServer)
  const options = (more: Partial<ObjectOptions> = {}): ObjectOptions => ({
    ...used.proxied(),
    timing: SHORT,
    startTimeoutMs: 1_000,
    ...more,
  })
  /** Authenticates as the reader. */
  const reader = async (): Promise<Credentials> => ({
    headers: { authorization: `Bearer ${used.server.readerToken}` },
    tls: { rejectUnauthorized: false },
  })
  const read = (source: Source): Promise<Reading> => source.read(new AbortController().signal)
  const messageOf = async (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => expect.fail('it succeeded'),
      (error: Error) => error.message,
    )
  const fifo = (): string => {
    const path = join(used.folder, freshName())
    execFileSync('mkfifo', [path])
    return path
  }
  const execOf = (script: string): Partial<ObjectOptions> => {
    const kubeConfig = new KubeConfig()
    kubeConfig.loadFromOptions({
      clusters: [{ name: 'test', server: used.proxy.url, skipTLSVerify: true }],
      users: [{ name: 'test', exec: { command: 'sh', args: ['-c', script] } }],
      contexts: [{ name: 'test', cluster: 'test', user: 'test', namespace: 'default' }],
      currentContext: 'test',
    })
    return fromKubeConfig(kubeConfig)
  }

  const endless: readonly [string, () => Partial<ObjectOptions> | Promise<Partial<ObjectOptions>>, RegExp][] = [
    ['credentials()', () => ({ credentials: never }), /none came from `credentials\(\)`.* within 200 ms/],
    ['a command of the kubeconfig', () => execOf('sleep 20'), /none came from .*the command of the kubeconfig/],
    ['a token file that is a FIFO', () => ({ tokenFile: fifo() }), /the file with the token, .*regular file/],
    ['a CA file that is a FIFO', () => ({ caFile: fifo() }), /the file with the CA certificates, .*regular file/],
    [
      'a server that accepts connections only',
      async () => {
        const server = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1')
        await new Promise((resolve) => server.once('listening', resolve))
        server.unref()
        return { timing: SHORT_ANSWERS, server: `https://127.0.0.1:${(server.address() as AddressInfo).port}` }
      },
      /no answer within 200 ms/,
    ],
    [
      'a server that answers nothing',
      () => {
        used.proxy.stall()
        return { timing: SHORT_ANSWERS }
      },
      /no answer within 200 ms/,
    ],
    [
      'an answer that has no end',
      () => {
        used.proxy.slow = { bytes: 1, ms: 50 }
        return { timing: SHORT_ANSWERS }
      },
      /the answer was not complete within 500 ms/,
    ],
    [
      'an answer of which only the head comes',
      () => {
        used.proxy.slow = { bytes: 1, ms: 20_000 }
        return { timing: SHORT_ANSWERS }
      },
      /nothing came for 200 ms/,
    ],
  ]

  describe.each(endless)('that waits for %s', (_what, spoil, why) => {
    it('ends its start in time, with an error that names it', async () => {
      const source = configMap(options(await spoil()))
      const startedAt = performance.now()
      const error = await loadError(createHotConfig({ sources: source, logger: false }))
      expect(error.message).toMatch(why)
      expect(performance.now() - startedAt).toBeLessThan(4_000)
    })

    it('ends a reading without a watch in time, with an error that names it', async () => {
      const source = configMap(options(await spoil()))
      expect(await messageOf(read(source))).toMatch(why)
    })
  })

  it('names what it waits for when the start ends before any other limit', async () => {
    const waiting = { ...FAST, credentialsMs: 60_000, requestTimeoutMs: 60_000 }
    const late = configMap(options({ timing: waiting, credentials: never, startTimeoutMs: 200 }))
    const unanswered = configMap(options({ timing: waiting, startTimeoutMs: 200 }))
    expect((await loadError(createHotConfig({ sources: late, logger: false }))).message).toMatch(
      /not read within 200 ms: still waiting for credentials from `credentials\(\)`/,
    )
    used.proxy.stall()
    expect((await loadError(createHotConfig({ sources: unanswered, logger: false }))).message).toMatch(
      `not read within 200 ms: still waiting for an answer of ${used.proxy.url}`,
    )
  })

  it("leaves core's limit of a reading no chance to hide its own error", () => {
    for (const startTimeoutMs of [0, 1_000, 30_000, 2 ** 31 - 1]) {
      const { readTimeoutMs = 0 } = configMap(options({ startTimeoutMs }))
      expect(readTimeoutMs).toBeGreaterThanOrEqual(Math.min(startTimeoutMs + 1_000, 2 ** 31 - 1))
      expect(readTimeoutMs).toBeLessThan(2 ** 31)
    }
    expect(configMap({ name: 'app', server: 'https://127.0.0.1' }).readTimeoutMs).toBeGreaterThan(30_000)
  })

  it('does not hold up other sources while its credentials never come', async () => {
    let isLost = false
    const credentials = (): Promise<Credentials> => (isLost ? never() : reader())
    const other = configMap(options({ name: `${used.map.name}-other`, required: false }))
    const sources = [configMap(options({ credentials })), other]
    await using followed = await follow(sources)
    await followed.reports({ sources: [{ watching: 'watch' }, { watching: 'watch' }] })
    isLost = true
    used.proxy.cut()
    await followed.reports({ status: 'warn', sources: [{ updatable: false }, { updatable: true }] })
    expect(followed.config.health().sources[0]?.warnings.join()).toMatch(/none came from `credentials\(\)`/)
    isLost = false
    await followed.reports({ status: 'pass', sources: [{ watching: 'watch', updatable: true }, {}] })
  })

  it('reports Events where the token file is a FIFO', async () => {
    await using followed = await followMap(options())
    const started = performance.now()
    reportEvents(followed.config, { ...used.direct(), name: undefined, tokenFile: fifo() } as EventOptions).close()
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it('asks again for credentials only when the call before has ended', async () => {
    let calls = 0
    const credentials = (): Promise<never> => {
      calls++
      return never()
    }
    await loadError(createHotConfig({ sources: configMap(options({ credentials })), logger: false }))
    expect(calls).toBe(1)
  })

  const hostile: readonly [string, () => Promise<Credentials>, RegExp][] = [
    ['throws', () => expect.fail('no luck'), /no luck/],
    ['rejects', () => Promise.reject(new Error('no luck')), /no luck/],
    // oxlint-disable-next-line prefer-promise-reject-errors -- what programs do
    ['rejects with nothing', () => Promise.reject(undefined), /undefined/],
    [
      'rejects with what throws in turn',
      () =>
        // oxlint-disable-next-line prefer-promise-reject-errors -- what programs do
        Promise.reject({
          get code() {
            return expect.fail('hostile')
          },
          get message() {
            return expect.fail('hostile')
          },
        }),
      /no error was thrown/,
    ],
    ['returns null', async () => null as never, /expected an object/],
    ['returns a text', async () => 'reader-token' as never, /expected an object/],
    [
      'returns what throws when it is read',
      async () => ({
        get tls() {
          return expect.fail('hostile')
        },
      }),
      /hostile/,
    ],
    ['returns certificates that are none', async () => ({ tls: { ca: 123_456 as never } }), /can't be sent/],
  ]

  it.each(hostile)('survives credentials() that %s', async (_what, credentials, why) => {
    const error = await loadError(createHotConfig({ sources: configMap(options({ credentials })), logger: false }))
    expect(error.message).toMatch(why)
    expect(error.message).not.toMatch(/reader-token|123456/)
    // the same once it is followed
    let isHostile = false
    const later = (): Promise<Credentials> => (isHostile ? credentials() : reader())
    await using followed = await followMap(options({ credentials: later }))
    await followed.watching()
    isHostile = true
    used.proxy.cut()
    await followed.warns(why)
    isHostile = false
    await followed.recovers(await used.map.update())
  })

  it('keeps nothing of requests that can not be sent', async () => {
    using warnings = new NodeWarnings()
    let isHostile = false
    let calls = 0
    const credentials = async (): Promise<Credentials> => {
      if (!isHostile) return reader()
      calls++
      return { headers: { authorization: 'Bearer \u0000' } }
    }
    await using followed = await followMap(options({ credentials, timing: { ...SHORT, backoffMaxMs: 20 } }))
    await followed.watching()
    isHostile = true
    used.proxy.cut()
    // more than a signal has listeners before Node warns of a leak
    await eventually(() => expect(calls).toBeGreaterThan(20))
    isHostile = false
    await followed.recovers(await used.map.update())
    warnings.mustBeNone()
  })

  it('reads a token that comes within a moment', async () => {
    const tokenFile = join(used.folder, freshName())
    await writeFile(tokenFile, '')
    const reading = read(configMap(options({ tokenFile })))
    await delay(50)
    await writeFile(`${tokenFile}.new`, used.server.readerToken)
    await rename(`${tokenFile}.new`, tokenFile)
    expect((await reading).entries).toHaveLength(1)
  })

  it.each([{ status: 503 }, { status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>' }])(
    'reads without a watch what a server brings that answers $status for a moment',
    async (instead) => {
      used.proxy.instead = instead
      const reading = read(configMap(options()))
      await eventually(() => expect(used.asked('list')).toBe(2))
      used.proxy.instead = undefined
      expect((await reading).entries).toHaveLength(1)
    },
  )

  it('does not ask again, without a watch, for what the server has decided', async () => {
    used.proxy.instead = { status: 403 }
    expect(await messageOf(read(configMap(options())))).toMatch(/\(403\)/)
    expect(used.asked('list')).toBe(1)
  })

  it('waits no longer than a server may ask for', async () => {
    await using followed = await followMap({ ...used.proxied(), timing: { ...SHORT, retryAfterMaxMs: 100 } })
    await followed.watching()
    const details = '{"retryAfterSeconds":99999999}'
    used.proxy.insertNext(`{"type":"ERROR","object":{"kind":"Status","code":500,"details":${details}}}\n`)
    await followed.recovers(await used.map.update())
  })

  it('has what its start waits for logged after a moment', async () => {
    const logger = recordingLogger()
    used.proxy.instead = { status: 403 }
    const sources = [values({}), configMap(options({ startTimeoutMs: 3_000 }))]
    await loadError(createHotConfig({ sources, logger }))
    expect(logger.at('warn').map(({ message }) => message)).toEqual([
      expect.stringMatching(/^still waiting for configMap:default\/\S+: not read yet, tries until .*\(403\)/),
    ])
  })
})
