import { inspect } from 'node:util'

import { answerHealth, createHotConfig, withCanary } from '@hot-config/core'
import type { Entry, HotConfig, HotConfigOptions, LastGoodStore, Rejection, Schema, Source } from '@hot-config/core'
import { formatPath } from '@hot-config/core/internal'
import type { PathSegment } from '@hot-config/core/internal'
import { instrument } from '@hot-config/core/opentelemetry'
import { collectMetrics } from '@hot-config/core/prometheus'
import { AggregationTemporality, InMemoryMetricExporter } from '@opentelemetry/sdk-metrics'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { Registry } from 'prom-client'
import { expect } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { gate } from '../support/gate.ts'
import { loadError } from '../support/load-error.ts'
import { wholeError } from '../support/outward.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { recordEvents } from './recorded-events.ts'

/** What a program and its sources say at each opportunity. */
export interface Said {
  readonly entries: (version: string) => readonly Entry[]
  readonly schema?: Schema
  readonly options?: Pick<HotConfigOptions, 'redact' | 'restartRequired'>
  /** What hooks, resources, listeners and the source say. */
  readonly quote: string
  /** What is said by a process that knows nothing but what was served first. Default: the same. */
  readonly firstQuote?: string
}

/**
 * Takes a configuration through everything that can happen to it, with code of the program that quotes a text wherever it can.
 *
 * @returns all that anybody can see of it: errors, log, health, page, history, metrics, spans, Events, paths
 */
export async function exposed(said: Said): Promise<string> {
  const { entries, schema, options = {}, quote } = said
  const logger = recordingLogger()
  const telemetry = inMemory()
  const registry = new Registry()
  const source = quotingSource(entries, quote)
  const store = quotingStore(quote)
  const seen: unknown[] = []
  const config: HotConfig<unknown> = await createHotConfig({
    ...options,
    ...(schema && { schema }),
    sources: withCanary(source, quotingCanary(source, entries, quote)),
    lastGood: { store, secrets: true },
    guard: {
      bakeMs: 1,
      check: ({ current }) => {
        if (versionOf(current) === 'broken') throw failure('guards against', quote)
      },
    },
    logger,
  })
  await store.hasKept
  const events = await recordEvents(config)
  const stop = [collectMetrics(config, { register: registry }), instrument(config, telemetry.providers)]
  await quoteEverywhere(config, quote, seen)
  for (const version of VERSIONS) {
    source.set(version)
    await config.reload()
    if (version === 'broken')
      await eventually(() => expect(config.health().guard).toMatchObject({ state: 'taken-back' }))
    seen.push(config.health(), await explained(config))
  }
  await eventually(() => expect(logger.lines.map(({ message }) => message).join()).toContain("can't be saved"))
  // what failed late is logged by then
  await new Promise((resolve) => setTimeout(resolve, 5))
  const page = await answerHealth(config, { headers: { accept: 'text/html' } }, { page: true })
  seen.push(
    config.health(),
    config.history(),
    config.snapshot.digest,
    unescaped(typeof page.body === 'string' ? page.body : JSON.stringify(page.body)),
  )
  seen.push(await startWithout(said, store))
  seen.push(
    await events.written(),
    logger.lines,
    await registry.metrics(),
    await telemetry.written(),
    inspect(config, { depth: 20 }),
  )
  for (const end of stop) end()
  await events.close()
  await telemetry.shutdown()
  await config.close()
  return seen.map(written).join('\n')
}

const VERSIONS = [
  'changed',
  'moved',
  'vetoed',
  'unbuilt',
  'invalid',
  'unread',
  'broken',
  'canary invalid',
  'canary unread',
  'healed',
]

/** What a start says that fails, although there is a last good configuration: the schema rejects that as well. */
async function startWithout({ options, quote, firstQuote = quote }: Said, store: LastGoodStore): Promise<unknown> {
  const logger = recordingLogger()
  const schema = (): never => {
    throw failure('rejects the last good', firstQuote)
  }
  const sources = drivenSource(new Error('down'), { name: 'quoting' })
  const error = await loadError(
    createHotConfig({ ...options, schema, sources, lastGood: { store, secrets: true }, logger }),
  )
  expect(error.message).toContain('nor can it start from the last good configuration')
  return [wholeError(error), logger.lines]
}

/** What is explained of every path, those of secret keys included. */
async function explained(config: HotConfig<unknown>): Promise<unknown> {
  const pathsOf = (value: unknown, path: readonly PathSegment[]): string[] => [
    formatPath(path),
    ...(typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, below]) =>
          pathsOf(below, [...path, Array.isArray(value) ? Number(key) : key]),
        )
      : []),
  ]
  const paths = pathsOf(config.current, []).filter((path) => path !== '')
  return [await config.explain(paths), await Promise.all(paths.map((path) => config.explain(path)))]
}

/** Both as a log prints it, and as JSON. */
function written(value: unknown): string {
  if (typeof value === 'string') return value
  const printed = inspect(value, { depth: 20, getters: true, maxArrayLength: null, maxStringLength: null })
  return `${printed}\n${JSON.stringify(value)}`
}

/**
 * One that says the text in its warnings, and when it can't be read. Not with the first version, which has not all of the
 * secrets: nobody can hide what is not known yet.
 */
function quotingSource(
  entries: Said['entries'],
  quote: string,
): Source & { readonly version: string; set(version: string): void } {
  let version = 'first'
  const warnings = (what: string): string[] => (version === 'first' ? [] : [`${what} ${quote}`])
  return {
    name: 'quoting',
    async read() {
      if (version === 'unread') throw new Error(`can't read ${quote}`)
      return { revision: `${version} ${quote}`, entries: entries(version), warnings: warnings('warns of') }
    },
    watch: () => ({
      by: 'hand',
      get warnings() {
        return warnings('watches')
      },
      close: () => undefined,
    }),
    set: (next) => void (version = next),
    get version() {
      return version
    },
  }
}

/** A canary that is wrong at times, in what it holds or when it is read. */
function quotingCanary(source: { readonly version: string }, entries: Said['entries'], quote: string): Source {
  return {
    name: 'canary',
    async read() {
      const warnings = source.version === 'first' ? [] : [`canary warns of ${quote}`]
      if (source.version === 'canary unread') throw new Error(`canary can't read ${quote}`)
      if (source.version !== 'canary invalid') return { revision: 'none', entries: [], warnings, mayBeEmpty: true }
      const share: Entry = { path: ['hot-config.share'], value: '100%' }
      return { revision: quote, entries: [...entries('invalid'), share], warnings }
    },
  }
}

/** One that keeps the first configuration, and says the text when it should keep another. */
function quotingStore(quote: string): LastGoodStore & { readonly hasKept: Promise<void> } {
  const { passed, open } = gate()
  let kept: Uint8Array | undefined
  return {
    hasKept: passed,
    load: async () => kept,
    async save(bytes) {
      if (kept) throw failure('keeps no', quote)
      kept = bytes
      open()
    },
  }
}

const versionOf = (value: unknown): unknown => (value as { readonly version?: unknown } | null)?.version

function failure(what: string, quote: string): Error {
  return Object.assign(new Error(`${what} ${quote}`, { cause: new Error(`since ${quote}`) }), { code: `E ${quote}` })
}

async function quoteEverywhere(config: HotConfig<unknown>, quote: string, seen: unknown[]): Promise<void> {
  config.beforeChange(({ next, paths }) => {
    seen.push(paths)
    if (versionOf(next.value) === 'vetoed') throw failure('vetoes', quote)
  })
  await config.resource(versionOf, (version) => {
    if (version === 'unbuilt') throw failure('builds no', quote)
    return { version }
  })
  config.onChange(({ paths }) => {
    seen.push(paths)
    throw failure('hears of', quote)
  })
  config.onChange(() => Promise.reject(failure('hears late of', quote)))
  config.onReject((rejection: Rejection) => {
    seen.push(wholeError(rejection.error), rejection)
    throw failure('hears of a rejection of', quote)
  })
}

function inMemory() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 })
  const spans = new InMemorySpanExporter()
  const meterProvider = new MeterProvider({ readers: [reader] })
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
  return {
    providers: { meterProvider, tracerProvider },
    async written(): Promise<unknown> {
      await reader.forceFlush()
      const finished = spans.getFinishedSpans().map(({ name, attributes, status }) => ({ name, attributes, status }))
      const metrics = exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
      return [finished, metrics.map(({ dataPoints }) => dataPoints.map(({ attributes }) => attributes))]
    },
    async shutdown() {
      await meterProvider.shutdown()
      await tracerProvider.shutdown()
    },
  }
}

function unescaped(html: string): string {
  const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#96': '`' }
  return html.replace(/&(amp|lt|gt|quot|#39|#96);/g, (_, name: string) => characters[name] ?? '')
}
