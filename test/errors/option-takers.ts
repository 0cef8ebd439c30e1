import {
  SchemaError,
  adapt,
  answerHealth,
  createHotConfig,
  dotenv,
  env,
  file,
  healthHandler,
  healthResponse,
  nodeHealthHandler,
  RequestPin,
  startHotConfig,
  values,
  volume,
  withCanary,
  withFallback,
} from '@hot-config/core'
import type { HotConfig } from '@hot-config/core'
import { instrument } from '@hot-config/core/opentelemetry'
import { collectMetrics } from '@hot-config/core/prometheus'
import { hotConfig as expressHotConfig } from '@hot-config/express'
import { hotConfig as fastifyHotConfig } from '@hot-config/fastify'
import { configMap, configMaps, fromKubeConfig, lastGoodConfigMap, reportEvents, secret } from '@hot-config/kubernetes'
import { configSlice, HotConfigModule, LiveConfig, OnConfigChange, resourceProvider } from '@hot-config/nestjs'
import { HotConfigHealthIndicator } from '@hot-config/nestjs/terminus'
import { HotConfigProvider } from '@hot-config/openfeature'
import { adapterContract, createConfigMapVolume, createTestConfig, sourceContract } from '@hot-config/testing'
import type { DynamicModule } from '@nestjs/common'
import Fastify from 'fastify'
import { Registry } from 'prom-client'

import { start } from '../nestjs/support.ts'

/** What no option of any function takes, unless its taker says so. The keys are the words for it in test names. */
export const RUBBISH = {
  null: null,
  NaN,
  Infinity,
  '-1': -1,
  '1.5': 1.5,
  '2 ** 31': 2 ** 31,
  true: true,
  "''": '',
  "'1mb'": '1mb',
  '{}': {},
  '[]': [],
  "['']": [''],
  'a symbol': Symbol('rubbish'),
  'a function': (): void => undefined,
} as const

export type Rubbish = keyof typeof RUBBISH

/** Something that takes options or an argument. */
export interface Taker {
  /** The function, as it is exported. */
  readonly of: string
  /** Calls it. Ends what it started. */
  readonly take: (options: never) => unknown
  /** Each option with the rubbish that is none for it. */
  readonly options: Readonly<Record<string, readonly Rubbish[]>>
  /** Options that must be there. */
  readonly base?: object
  /** Where the options are, when they are part of others, such as `health.`. */
  readonly place?: string
  /** What happens to options that are no object, and to none: `optional` ones may be missing. */
  readonly itself?: 'optional' | 'required' | 'replaced by the framework'
  /** Whether a promise of options is awaited. */
  readonly awaits?: boolean
}

/** An argument that is no object of options. */
export interface Argument {
  readonly of: string
  readonly name: string
  readonly take: (value: never) => unknown
  /** The rubbish that is none for it. */
  readonly accepted?: readonly Rubbish[]
  readonly isOptional?: boolean
}

const config = createTestConfig({ n: 1 })
const some = values({})

/** Counts who listens to it: nobody may, before the options are checked. */
export const observed = { listeners: 0 }
const listen = (): (() => void) => {
  observed.listeners++
  return () => undefined
}
const observedConfig: HotConfig<unknown> = Object.assign(Object.create(config) as HotConfig<unknown>, {
  onChange: listen,
  onReject: listen,
  onReload: listen,
  health: () => config.health(),
})

async function close(closing: unknown): Promise<void> {
  const live = await closing
  if (typeof live === 'function') live()
  else await (live as { close?(): unknown } | undefined)?.close?.()
}

const SELECT: readonly Rubbish[] = ["''", "'1mb'", 'a function']
const ANY_TEXT: readonly Rubbish[] = ["''", "'1mb'"]
const TEXT: readonly Rubbish[] = ["'1mb'"]
const BOOLEAN: readonly Rubbish[] = ['true']
const FUNCTION: readonly Rubbish[] = ['a function']
// what is in it is for Nest to check
const LIST: readonly Rubbish[] = ['[]', "['']"]
const MS: readonly Rubbish[] = ['1.5']

const HOT_CONFIG: Taker['options'] = {
  schema: ['{}', 'a function'],
  sources: TEXT,
  redact: ['[]'],
  restartRequired: ['[]'],
  unknown: [],
  onPendingRestart: FUNCTION,
  applyDelay: [],
  recheckMs: MS,
  emptied: [],
  lastGood: TEXT,
  guard: ['{}'],
  logger: [],
  signal: [],
}

const ADAPTER: Taker['options'] = { ...HOT_CONFIG, config: [], health: ['{}'], requestContext: BOOLEAN }

const FILE: Taker['options'] = { required: BOOLEAN, maxBytes: ['2 ** 31'], secret: BOOLEAN }

const KEYS: Taker['options'] = { keys: [], ignore: ['[]'], required: ['true', '[]'], formats: ['{}'] }

const ENV: Taker['options'] = { prefix: ANY_TEXT, separator: TEXT, map: ['{}'] }

const HEALTH: Taker['options'] = { path: [], page: BOOLEAN, details: ['true', 'a function'] }

const RESOURCE: Taker['options'] = { dispose: FUNCTION, graceMs: MS, timeoutMs: MS }

const CONNECTION: Taker['options'] = {
  server: [],
  namespace: TEXT,
  tokenFile: TEXT,
  caFile: TEXT,
  insecureSkipTlsVerify: BOOLEAN,
  credentials: FUNCTION,
  timing: ['{}'],
}

const START: Taker['options'] = { ...KEYS, startTimeoutMs: MS }

const TIMES = ['requestTimeoutMs', 'watchMs', 'silenceMs', 'backoffMs', 'backoffMaxMs', 'healthyMs', 'briefMs'].concat([
  'retryAfterMaxMs',
  'staleMs',
  'keepAliveMs',
  'credentialsMs',
  'answerMs',
  'watchOpenMs',
  'probeAfterMs',
  'probeMs',
  'listMs',
])
const CAPABILITIES = ['changes', 'vanishes', 'revisions', 'aborts', 'watches', 'notifies', 'rechecks']

const BASE = { sources: some, logger: false }
const contract = { describe: (): void => undefined, it: (): void => undefined, factory: () => ({ source: some }) }

const startNest = async (module: DynamicModule): Promise<void> => {
  await using _started = await start({ imports: [module] })
}

async function registerFastify(options: never): Promise<void> {
  const app = Fastify()
  try {
    await app.register(fastifyHotConfig, options)
  } finally {
    await app.close()
  }
}

const NEST = { ...ADAPTER, name: TEXT, isGlobal: BOOLEAN }

export const TAKERS: readonly Taker[] = [
  { of: 'volume', take: (options) => volume('/etc/config', options), options: { ...FILE, ...KEYS } },
  { of: 'file', take: (options) => file('/etc/app.yaml', options), options: { ...FILE, format: [] } },
  { of: 'env', take: (options) => env(options), options: ENV },
  { of: 'dotenv', take: (options) => dotenv('/etc/app.env', options), options: { ...FILE, ...ENV } },
  { of: 'withFallback', take: (options) => withFallback(some, some, options), options: { patienceMs: MS } },
  { of: 'withCanary', take: (options) => withCanary(some, some, options), options: { identity: TEXT } },
  {
    of: 'beforeChange',
    take: (options) => config.beforeChange(() => undefined, options)(),
    options: { timeoutMs: MS },
  },
  {
    of: 'onChange',
    take: (options) => config.onChange('n', () => undefined, options)(),
    options: { immediate: BOOLEAN },
  },
  {
    of: 'resource',
    take: async (options) => {
      // one of its own, since what is disposed of goes with it
      await using own = createTestConfig({ n: 1 })
      await own.resource('n', (n) => n, options)
    },
    options: RESOURCE,
  },
  { of: 'createHotConfig', take: async (options) => close(createHotConfig(options)), base: BASE, options: HOT_CONFIG },
  {
    of: 'createHotConfig',
    take: async (applyDelay) => close(createHotConfig({ ...BASE, logger: false, applyDelay })),
    place: 'applyDelay.',
    base: { maxMs: 0 },
    options: { maxMs: MS },
  },
  {
    of: 'createHotConfig',
    take: async (guard) => close(createHotConfig({ ...BASE, logger: false, guard })),
    place: 'guard.',
    options: {
      bakeMs: MS,
      maxErrorRate: [],
      minRequests: ['2 ** 31'],
      maxEventLoopDelayMs: MS,
      check: FUNCTION,
      intervalMs: MS,
    },
  },
  {
    of: 'createHotConfig',
    // a text is a path
    take: async (given) => {
      const lastGood = typeof given === 'string' ? (null as never) : given
      await close(createHotConfig({ ...BASE, logger: false, lastGood }))
    },
    place: 'lastGood.',
    base: { store: { load: () => undefined, save: () => undefined } },
    options: { store: TEXT, secrets: BOOLEAN },
  },
  {
    of: 'startHotConfig',
    take: async (options) => close(startHotConfig(options).ready),
    base: BASE,
    options: HOT_CONFIG,
  },
  {
    of: 'adapt',
    take: async (options) => {
      const { ready, close: end } = adapt(options)
      try {
        await ready
      } finally {
        await end()
      }
    },
    base: BASE,
    options: ADAPTER,
    itself: 'required',
  },
  {
    of: 'adapt',
    take: async (health) => adapt({ health, sources: some, logger: false }).close(),
    place: 'health.',
    options: HEALTH,
  },
  {
    of: 'answerHealth',
    take: (health) => answerHealth(config, { headers: {} }, health),
    place: 'health.',
    options: HEALTH,
  },
  {
    of: 'collectMetrics',
    take: (options) => collectMetrics(observedConfig, options),
    base: { register: new Registry() },
    options: { register: [], prefix: ["''"], name: TEXT, labels: ['{}'] },
  },
  {
    of: 'instrument',
    take: (options) => instrument(observedConfig, options),
    options: { meterProvider: [], tracerProvider: [], name: TEXT, attributes: ['{}'] },
  },
  ...[configMap, secret].map((take): Taker => ({
    of: take.name,
    take,
    base: { name: 'app' },
    options: { name: TEXT, ...START, ...CONNECTION },
    itself: 'required',
  })),
  {
    of: 'lastGoodConfigMap',
    take: lastGoodConfigMap,
    base: { name: 'app' },
    options: { name: TEXT, ...CONNECTION },
    itself: 'required',
  },
  {
    of: 'configMaps',
    take: configMaps,
    base: { labelSelector: 'app=shop' },
    options: { labelSelector: TEXT, orderAnnotation: TEXT, ...START, ...CONNECTION },
    itself: 'required',
  },
  {
    of: 'configMap',
    take: (timing) => configMap({ name: 'app', timing }),
    place: 'timing.',
    options: Object.fromEntries(TIMES.map((name) => [name, MS])),
  },
  {
    of: 'reportEvents',
    take: (options) => reportEvents(observedConfig, options),
    options: { podName: TEXT, podUid: TEXT, minIntervalMs: MS, seriesMs: MS, ...CONNECTION },
  },
  {
    of: 'sourceContract',
    take: sourceContract,
    base: contract,
    options: { describe: FUNCTION, it: FUNCTION, factory: FUNCTION, capabilities: ['{}'], withinMs: MS },
    itself: 'required',
  },
  {
    of: 'sourceContract',
    take: (capabilities) => sourceContract({ ...contract, capabilities }),
    place: 'capabilities.',
    options: Object.fromEntries(CAPABILITIES.map((name) => [name, BOOLEAN])),
  },
  ...[healthHandler, nodeHealthHandler].map((take): Taker => ({
    of: take.name,
    take: (options) => take(config, options),
    options: HEALTH,
  })),
  {
    of: 'adapterContract',
    take: adapterContract,
    base: { describe: contract.describe, it: contract.it, start: contract.it },
    options: { describe: FUNCTION, it: FUNCTION, start: FUNCTION, capabilities: ['{}'], withinMs: MS },
    itself: 'required',
  },
  {
    of: 'adapterContract',
    take: (capabilities) =>
      adapterContract({ describe: contract.describe, it: contract.it, start: async () => null as never, capabilities }),
    place: 'capabilities.',
    options: { requestContext: BOOLEAN, health: BOOLEAN, page: BOOLEAN },
  },
  {
    of: 'hotConfig of express',
    take: async (options) => {
      const middleware = expressHotConfig(options)
      try {
        await middleware.ready()
      } finally {
        await middleware.close()
      }
    },
    base: BASE,
    options: ADAPTER,
  },
  {
    of: 'hotConfig of fastify',
    take: registerFastify,
    base: BASE,
    options: ADAPTER,
    itself: 'replaced by the framework',
  },
  {
    of: 'hotConfig of fastify',
    take: async (health) => registerFastify({ ...BASE, health } as never),
    place: 'health.',
    options: { ...HEALTH, routeOptions: ['{}'] },
  },
  {
    of: 'HotConfigModule.forRoot',
    take: async (options) => startNest(HotConfigModule.forRoot(options)),
    base: BASE,
    options: NEST,
  },
  {
    of: 'HotConfigModule.forRootAsync',
    take: async (options) => startNest(HotConfigModule.forRootAsync(options)),
    base: { useFactory: () => BASE },
    options: {
      imports: LIST,
      inject: LIST,
      provideInjectionTokensFrom: LIST,
      useFactory: FUNCTION,
      useClass: FUNCTION,
      useExisting: ["'1mb'", 'a symbol', 'a function'],
      name: TEXT,
      isGlobal: BOOLEAN,
      health: ['{}'],
    },
    itself: 'required',
  },
  {
    of: 'HotConfigModule.forRootAsync',
    take: async (options) => startNest(HotConfigModule.forRootAsync({ useFactory: () => options })),
    base: BASE,
    options: { ...ADAPTER, health: [], name: [], isGlobal: [] },
    itself: 'required',
    awaits: true,
  },
  {
    of: 'resourceProvider',
    take: resourceProvider,
    base: { provide: 'POOL', select: 'n', useFactory: () => undefined },
    options: {
      provide: ["'1mb'", 'a symbol', 'a function'],
      select: ["'1mb'", 'a function'],
      useFactory: FUNCTION,
      inject: LIST,
      name: TEXT,
      ...RESOURCE,
    },
    itself: 'required',
  },
  { of: 'HotConfigProvider', take: (options) => new HotConfigProvider(config, options), options: { flags: TEXT } },
  { of: 'LiveConfig', take: (options) => LiveConfig('n', options as object), options: { name: TEXT } },
  { of: 'configSlice', take: (options) => configSlice('n', options), options: { name: TEXT } },
  { of: 'OnConfigChange', take: (options) => OnConfigChange('n', options as object), options: { name: TEXT } },
  {
    of: 'HotConfigHealthIndicator.isHealthy',
    take: (options) => {
      const up = { check: () => ({ up: (details: unknown) => details }) }
      const modules = { get: () => config }
      return new HotConfigHealthIndicator(up as never, modules as never).isHealthy('config', options)
    },
    options: { name: TEXT },
  },
]

export const ARGUMENTS: readonly Argument[] = [
  { of: 'volume', name: 'folder', take: (value) => volume(value), accepted: TEXT },
  { of: 'file', name: 'path', take: (value) => file(value), accepted: TEXT },
  { of: 'configSlice', name: 'path', take: (value) => configSlice(value), accepted: TEXT },
  { of: 'dotenv', name: 'path', take: (value) => dotenv(value), accepted: TEXT },
  { of: 'values', name: 'object', take: (value) => values(value), accepted: ['{}'] },
  { of: 'withFallback', name: 'first', take: (value) => withFallback(value, some) },
  { of: 'withFallback', name: 'second', take: (value) => withFallback(some, value) },
  { of: 'withCanary', name: 'stable', take: (value) => withCanary(value, some) },
  { of: 'withCanary', name: 'canary', take: (value) => withCanary(some, value) },
  { of: 'beforeChange', name: 'hook', take: (value) => config.beforeChange(value)(), accepted: FUNCTION },
  {
    of: 'resource',
    name: 'create',
    take: async (value) => {
      await using own = createTestConfig({ n: 1 })
      await own.resource('n', value)
    },
    accepted: FUNCTION,
  },
  { of: 'resource', name: 'select', take: async (value) => config.resource(value, () => 1), accepted: SELECT },
  { of: 'onChange', name: 'listener', take: (value) => config.onChange(value)(), accepted: FUNCTION },
  {
    of: 'onChange',
    name: 'listener',
    take: (value) => config.onChange('n', value)(),
    accepted: FUNCTION,
    isOptional: true,
  },
  { of: 'onChange', name: 'select', take: (value) => config.onChange(value, () => 1)(), accepted: SELECT },
  { of: 'onReject', name: 'listener', take: (value) => config.onReject(value)(), accepted: FUNCTION },
  { of: 'onReload', name: 'listener', take: (value) => config.onReload(value)(), accepted: FUNCTION },
  { of: 'explain', name: 'path', take: async (value) => config.explain(value), accepted: [...TEXT, '[]'] },
  { of: 'get', name: 'path', take: (value) => config.get(value), accepted: [...TEXT, "''"] },
  { of: 'run', name: 'work', take: (value) => config.run(value), accepted: FUNCTION },
  {
    of: 'createTestConfig',
    name: 'schema',
    take: async (value) => {
      try {
        await close(createTestConfig(value, {} as never))
      } catch (error) {
        // a schema that rejects is one
        if (!(error instanceof SchemaError)) throw error
      }
    },
    accepted: ['{}', 'a function'],
    isOptional: true,
  },
  {
    of: 'createTestConfig',
    name: 'overrides',
    take: async (value) => close(createTestConfig((input: object) => input, value)),
    accepted: ['{}'],
  },
  { of: 'update', name: 'overrides', take: async (value) => config.update(value), accepted: ['{}'] },
  { of: 'healthResponse', name: 'report', take: (value) => healthResponse(value) },
  { of: 'answerHealth', name: 'config', take: (value) => answerHealth(value, { headers: {} }, {}) },
  { of: 'answerHealth', name: 'request', take: (value) => answerHealth(config, value, {}) },
  { of: 'healthHandler', name: 'config', take: (value) => healthHandler(value) },
  { of: 'nodeHealthHandler', name: 'config', take: (value) => nodeHealthHandler(value) },
  { of: 'RequestPin', name: 'config', take: (value) => new RequestPin(value) },
  { of: 'HotConfigProvider', name: 'config', take: (value) => new HotConfigProvider(value) },
  { of: 'collectMetrics', name: 'config', take: (value) => collectMetrics(value, { register: new Registry() }) },
  { of: 'instrument', name: 'config', take: (value) => instrument(value) },
  { of: 'reportEvents', name: 'config', take: (value) => reportEvents(value) },
  { of: 'fromKubeConfig', name: 'kubeConfig', take: (value) => fromKubeConfig(value) },
  { of: 'reject', name: 'problem', take: (value) => config.reject(value), accepted: [...TEXT, "''"] },
  {
    of: 'createConfigMapVolume',
    name: 'folder',
    take: async (value) => {
      const made = await createConfigMapVolume(value)
      await made.remove()
    },
    accepted: TEXT,
    isOptional: true,
  },
]
