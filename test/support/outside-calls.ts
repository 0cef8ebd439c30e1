import type { Format, HotConfig, HotConfigOptions, Logger, Source } from '@hot-config/core'

import { drivenSource } from './driven-source.ts'

/** The limit of what names a limit of its own, in milliseconds. */
export const LIMIT_MS = 50

/** Longer than the limit of schemas, of `dispose` and of the guard's check, in milliseconds. */
const LONG_MS = 10_200

/** Calls the program: in its own way where it goes wrong, else as it should. */
export type Call = <R>(right: () => R) => R

/** Code of the program, or of a cluster, that a configuration calls. */
export interface Outside {
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
  /** What the source holds while the call goes wrong. Default: `{ n: 2 }`. */
  readonly update?: object
  /** Makes the call happen, where an update does not. */
  readonly provoke?: () => Promise<void>
  /** Whether health says that updates do not arrive while the call goes wrong. */
  readonly isStale?: boolean
  /** How late an answer is that comes after the limit, in milliseconds. Default 150. */
  readonly lateMs?: number
}

/** The calls of a configuration that runs. */
export const CALLS: Readonly<Record<string, Outside>> = {
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
  'a schema': {
    options: (call) => ({ schema: (input) => call(() => input) }),
    rejects: true,
    lateMs: LONG_MS,
  },
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
    lateMs: LONG_MS,
  },
  'the selector of a resource': {
    prepare: (config, call) =>
      config.resource(
        ({ n }) => call(() => n),
        () => ({}),
      ),
    rejects: true,
    isSynchronous: true,
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
  'a listener for rejections': {
    options: () => ({ schema: rejectTwo }),
    prepare: (config, call) => config.onReject(() => call(() => undefined)),
    rejects: true,
  },
  onPendingRestart: {
    options: (call) => ({ restartRequired: ['m'], onPendingRestart: () => call(() => undefined) }),
    update: { n: 2, m: 2 },
    rejects: false,
  },
  'the check of the guard': {
    options: (call) => ({ guard: { intervalMs: 5, check: () => call(() => undefined) } }),
    rejects: true,
    lateMs: LONG_MS,
  },
  'the saving of the last good configuration': {
    options: (call) => ({ lastGood: { load: async () => undefined, save: () => call(async () => undefined) } }),
    rejects: false,
    // one save at a time, and each within 2 s
    closesWithinMs: 4_500,
    lateMs: 2_200,
  },
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
    lateMs: LONG_MS,
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

/** The calls of a start. */
export const START_CALLS: Readonly<Record<string, Pick<Outside, 'options' | 'sources' | 'lateMs'>>> = {
  'the loading of the last good configuration': {
    options: (call) => ({ lastGood: { load: () => call(async () => undefined), save: async () => undefined } }),
    lateMs: 2_200,
    sources: () => [drivenSource(new Error('down'), { name: 'outside' })],
  },
  ...Object.fromEntries(
    ['the reading of a source', 'a format of the program', 'a schema'].map((name) => [name, CALLS[name] as Outside]),
  ),
}

function rejectTwo(input: unknown): unknown {
  if ((input as { readonly n: number }).n === 2) throw new Error('expected anything but 2')
  return input
}
