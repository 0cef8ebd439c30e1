import { setImmediate, setTimeout as delay } from 'node:timers/promises'

import { createHotConfig } from '@hot-config/core'
import type { HotConfig } from '@hot-config/core'
import { configMap } from '@hot-config/kubernetes'
import { beforeAll, describe, expect, it } from 'vitest'

import { CONFIG_MAPS, must } from '../support/api-server.ts'
import { drivenSource } from '../support/driven-source.ts'
import type { DrivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { startFakeApiServer } from '../support/fake-api-server.ts'
import { WRONG } from '../support/hostile-answers.ts'
import { loadError } from '../support/load-error.ts'
import { CALLS, LIMIT_MS, START_CALLS } from '../support/outside-calls.ts'
import type { Call, Outside } from '../support/outside-calls.ts'
import { useServer } from '../kubernetes/support.ts'
import { proves } from '../requirements.ts'

proves('waits-end', 'listeners-cannot-hurt')

/** The limit of `dispose`, of schemas and of the guard's check is 10 s. */
const TIMEOUT_MS = 40_000

const LATE_MS = 150

/** One way in which a call goes wrong. */
type Way = (right: () => unknown, lateMs: number) => unknown

/** Answers that come after the limit. */
const LATE: Readonly<Record<string, Way>> = {
  'answers late': (right, lateMs) => delay(lateMs).then(right),
  'answers late with a bad value': (_right, lateMs) => delay(lateMs, null),
  'rejects late': (_right, lateMs) => delay(lateMs).then(() => Promise.reject(new Error('late'))),
}

const WAYS: readonly (readonly [string, Way])[] = Object.entries({ ...WRONG, ...LATE })

/** Calls that go wrong for as long as a test wants. */
class Calls {
  wrong: Way | undefined
  count = 0
  readonly #lateMs: number
  readonly #answers: unknown[] = []

  constructor(lateMs = LATE_MS) {
    this.#lateMs = lateMs
  }

  readonly call: Call = <R>(right: () => R): R => {
    if (!this.wrong) return right()
    this.count++
    const answer = this.wrong(right, this.#lateMs) as R
    if (Object.values(LATE).includes(this.wrong)) this.#answers.push(answer)
    return answer
  }

  /** Waits until the late answers have come. */
  async answered(): Promise<void> {
    await Promise.allSettled(this.#answers)
    await setImmediate()
  }
}

interface Running {
  readonly config: HotConfig<{ n: number }>
  readonly source: DrivenSource<object>
}

async function start({ options, sources, prepare }: Partial<Outside>, { call }: Calls): Promise<Running> {
  const source = drivenSource<object>({ n: 1 })
  const config = (await createHotConfig({
    logger: false,
    ...options?.(call),
    sources: [source, ...(sources?.(call) ?? [])],
  })) as unknown as HotConfig<{ n: number }>
  await prepare?.(config, call)
  return { config, source }
}

/**
 * Checks that everything else goes on while a call goes wrong, and that health reports it and heals.
 *
 * @returns how long `close()` took then, in milliseconds
 */
async function closedAfter(outside: Outside, wrong: Way): Promise<number> {
  const calls = new Calls(outside.lateMs)
  const { config, source } = await start(outside, calls)
  let heard = 0
  config.onReload(() => void heard++)
  calls.wrong = wrong
  source.set(outside.update ?? { n: 2 })
  source.notify()
  await outside.provoke?.()
  if (outside.rejects) {
    await expect.poll(() => config.health().lastRejection, { timeout: 12_000 }).not.toBeNull()
    expect(config.current).toEqual({ n: 1 })
    expect(config.health()).toMatchObject({ status: 'warn', lastRejection: { message: expect.any(String) } })
    expect(JSON.parse(JSON.stringify(config.health()))).toEqual(config.health())
  } else {
    await eventually(() => expect(config.current).toEqual({ n: 2 }))
    expect(config.health().lastRejection).toBeNull()
    if (outside.isStale) {
      await eventually(() => expect(config.health().sources.at(-1)).toMatchObject({ updatable: false }))
      expect(config.health().status).toBe('warn')
    }
  }
  expect(heard).toBeGreaterThan(0)
  expect(config.history().length).toBeGreaterThan(0)
  await eventually(() => expect(calls.count).toBeGreaterThan(0))
  calls.wrong = undefined
  source.set({ n: 3 })
  source.notify()
  await eventually(() => expect(config.current).toEqual({ n: 3 }))
  const isWell = (): void => expect(config.health()).toMatchObject({ status: 'pass', lastRejection: null })
  await eventually(isWell)
  await calls.answered()
  expect(config.current).toEqual({ n: 3 })
  isWell()
  calls.wrong = wrong
  const closing = performance.now()
  await config.close()
  return performance.now() - closing
}

describe.each(Object.entries(CALLS))('when %s goes wrong', (_name, outside) => {
  it.concurrent.each(WAYS.filter(([way]) => !outside.isSynchronous || way.startsWith('throws')))(
    'everything else goes on, health reports it, and close() ends: %s',
    { timeout: TIMEOUT_MS },
    async (_way, wrong) => {
      expect(await closedAfter(outside, wrong)).toBeLessThan(outside.closesWithinMs ?? 1_000)
    },
  )
})

describe('when the credentials for an API server go wrong', () => {
  const used = useServer(startFakeApiServer)
  const name = 'with-credentials'
  const outside: Outside = {
    options: () => ({ schema: ({ n }) => ({ n }) }),
    sources: (call) => {
      const { tokenFile: _file, timing, ...connection } = used.connection()
      const headers = { authorization: `Bearer ${used.server.readerToken}` }
      const credentials = (): Promise<object> => call(async () => ({ headers, tls: { rejectUnauthorized: false } }))
      return [configMap({ ...connection, name, credentials, timing: { ...timing, credentialsMs: LIMIT_MS } })]
    },
    // the watch that is open has its credentials, and only the next one needs new ones
    provoke: async () => {
      await used.server.kill()
      await used.server.start()
    },
    rejects: false,
    isStale: true,
  }

  beforeAll(() => must(used.server, 'POST', CONFIG_MAPS, { metadata: { name }, data: { other: 'value' } }))

  it.each(WAYS)(
    'everything else goes on, health reports it, and close() ends: %s',
    { timeout: TIMEOUT_MS },
    async (_way, wrong) => {
      expect(await closedAfter(outside, wrong)).toBeLessThan(1_000)
    },
  )
})

describe.each(Object.entries(START_CALLS))('when %s goes wrong at the start', (_name, outside) => {
  it.concurrent.each(WAYS)('the start fails with a ConfigError: %s', { timeout: TIMEOUT_MS }, async (_way, wrong) => {
    const calls = new Calls(outside.lateMs)
    calls.wrong = wrong
    const error = await loadError(start(outside, calls))
    expect(error.message).toEqual(expect.any(String))
    expect(calls.count).toBeGreaterThan(0)
    await calls.answered()
  })
})
