import { createHotConfig } from '@hot-config/core'
import type { Format, HotConfig, HotConfigOptions, Logger, Source } from '@hot-config/core'
import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import type { DrivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { WRONG } from '../support/hostile-answers.ts'

/** The limit of what names a limit of its own, in milliseconds. */
const LIMIT_MS = 50

/** The limit of `dispose` and of schemas is 10 s. */
const TIMEOUT_MS = 40_000

/** Calls the program: in its own way where it goes wrong, else as it should. */
type Call = <R>(right: () => R) => R

interface Outside {
  /** Makes the call part of a configuration. */
  readonly options?: (call: Call) => Partial<HotConfigOptions>
  readonly sources?: (call: Call) => readonly Source[]
  readonly prepare?: (config: HotConfig<{ n: number }>, call: Call) => unknown
  /** Whether an update is rejected while the call goes wrong. */
  readonly rejects: boolean
  /** Whether the call has a result at once, so that a promise is just another value. */
  readonly isSynchronous?: boolean
  /** How long `close()` may take, in milliseconds. */
  readonly closesWithinMs?: number
}

const CALLS: Readonly<Record<string, Outside>> = {
  'the reading of a source': {
    sources: (call) => [
      {
        name: 'outside',
        readTimeoutMs: LIMIT_MS,
        read: async () => call(async () => ({ revision: String(Math.random()), entries: [], mayBeEmpty: true })),
      },
    ],
    rejects: true,
  },
  'the reading of a source, without a promise': {
    sources: (call) => [
      {
        name: 'outside',
        readTimeoutMs: LIMIT_MS,
        read: () => call(() => Promise.resolve({ revision: String(Math.random()), entries: [], mayBeEmpty: true })),
      },
    ],
    rejects: true,
  },
  'a schema': { options: (call) => ({ schema: (input) => call(() => input) }), rejects: true },
  'a hook': {
    prepare: (config, call) => config.beforeChange(() => call(() => undefined), { timeoutMs: LIMIT_MS }),
    rejects: true,
  },
  'the creation of a resource': {
    prepare: (config, call) => config.resource('n', () => call(() => ({})), { timeoutMs: LIMIT_MS }),
    rejects: true,
  },
  'the end of a resource': {
    prepare: (config, call) =>
      config.resource('n', () => ({}), { dispose: () => call(() => undefined), graceMs: 0, timeoutMs: LIMIT_MS }),
    rejects: false,
    closesWithinMs: 11_000,
  },
  'a listener for changes': {
    prepare: (config, call) => config.onChange(() => call(() => undefined)),
    rejects: false,
  },
  'a listener for changes of a part': {
    prepare: (config, call) => config.onChange('n', () => call(() => undefined)),
    rejects: false,
  },
  'the selector of a listener': {
    prepare: (config, call) =>
      config.onChange(
        ({ n }) => call(() => n),
        () => undefined,
      ),
    rejects: false,
    isSynchronous: true,
  },
  'a listener for reloads': { prepare: (config, call) => config.onReload(() => call(() => undefined)), rejects: false },
  'a format of the program': {
    sources: (call) => [
      {
        name: 'outside',
        read: async () => ({
          revision: 'r',
          mayBeEmpty: true,
          entries: [{ key: 'app', bytes: Buffer.from(String(Math.random())), format: ownFormat(call) }],
        }),
      },
    ],
    rejects: true,
  },
  'a logger': {
    options: (call) => ({ logger: loggerOf(() => call(() => undefined)) }),
    rejects: false,
  },
  'the warnings of a watch': {
    sources: (call) => [
      {
        name: 'outside',
        read: async () => ({ revision: 'r', entries: [], mayBeEmpty: true }),
        watch: () => ({
          by: 'hand',
          get warnings() {
            return call(() => [])
          },
          close: () => call(() => undefined),
        }),
      },
    ],
    isSynchronous: true,
    rejects: false,
  },
}

function ownFormat(call: Call): Format {
  return { name: 'own', parse: () => call(() => ({})) }
}

function loggerOf(write: () => unknown): Logger {
  return { info: write, warn: write, error: write }
}

interface Running {
  readonly config: HotConfig<{ n: number }>
  readonly source: DrivenSource<object>
  /** From now on the call goes wrong, or is right again. */
  set(wrong: (() => unknown) | undefined): void
}

async function start({ options, sources, prepare }: Outside): Promise<Running> {
  let wrong: (() => unknown) | undefined
  const call: Call = <R>(right: () => R): R => (wrong ? (wrong() as R) : right())
  const source = drivenSource<object>({ n: 1 })
  const config = (await createHotConfig({
    logger: false,
    ...options?.(call),
    sources: [source, ...(sources?.(call) ?? [])],
  })) as unknown as HotConfig<{ n: number }>
  await prepare?.(config, call)
  return { config, source, set: (next) => (wrong = next) }
}

describe.each(Object.entries(CALLS))('when %s goes wrong', (_name, outside) => {
  it.each(Object.entries(WRONG).filter(([way]) => !outside.isSynchronous || way.startsWith('throws')))(
    'everything else goes on, health reports it, and close() ends: %s',
    { timeout: TIMEOUT_MS },
    async (_way, wrong) => {
      const { config, source, set } = await start(outside)
      let heard = 0
      config.onReload(() => void heard++)
      set(wrong)
      source.set({ n: 2 })
      source.notify()
      if (outside.rejects) {
        await expect.poll(() => config.health().lastRejection, { timeout: 12_000 }).not.toBeNull()
        expect(config.current).toEqual({ n: 1 })
        expect(config.health()).toMatchObject({ status: 'warn', lastRejection: { message: expect.any(String) } })
        expect(JSON.parse(JSON.stringify(config.health()))).toEqual(config.health())
      } else {
        await eventually(() => expect(config.current).toEqual({ n: 2 }))
        expect(config.health().lastRejection).toBeNull()
      }
      expect(heard).toBeGreaterThan(0)
      expect(config.history().length).toBeGreaterThan(0)
      set(undefined)
      source.set({ n: 3 })
      source.notify()
      await eventually(() => expect(config.current).toEqual({ n: 3 }))
      await eventually(() => expect(config.health()).toMatchObject({ status: 'pass', lastRejection: null }))
      set(wrong)
      const closing = performance.now()
      await config.close()
      expect(performance.now() - closing).toBeLessThan(outside.closesWithinMs ?? 1_000)
    },
  )
})
