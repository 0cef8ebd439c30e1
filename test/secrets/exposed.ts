import { inspect } from 'node:util'

import { answerHealth, createHotConfig } from '@hot-config/core'
import type { Entry, HotConfig, HotConfigOptions, Rejection, Schema, Source } from '@hot-config/core'
import { formatPath } from '@hot-config/core/internal'
import type { PathSegment } from '@hot-config/core/internal'
import { instrument } from '@hot-config/core/opentelemetry'
import { collectMetrics } from '@hot-config/core/prometheus'
import { AggregationTemporality, InMemoryMetricExporter } from '@opentelemetry/sdk-metrics'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { Registry } from 'prom-client'

import { wholeError } from '../support/outward.ts'
import { recordingLogger } from '../support/recording-logger.ts'

/** What a program and its sources say at each opportunity. */
export interface Said {
  readonly entries: (version: string) => readonly Entry[]
  readonly schema?: Schema
  readonly options?: Pick<HotConfigOptions, 'redact' | 'restartRequired'>
  /** What hooks, resources, listeners and the source say. */
  readonly quote: string
}

/**
 * Takes a configuration through everything that can happen to it, with code of the program that quotes a text wherever it can.
 *
 * @returns all that anybody can see of it: errors, log, health, page, history, metrics, spans, paths
 */
export async function exposed({ entries, schema, options = {}, quote }: Said): Promise<string> {
  const logger = recordingLogger()
  const telemetry = inMemory()
  const registry = new Registry()
  const source = quotingSource(entries, quote)
  const seen: unknown[] = []
  const config: HotConfig<unknown> = await createHotConfig({
    ...options,
    ...(schema && { schema }),
    sources: source,
    logger,
  })
  const stop = [collectMetrics(config, { register: registry }), instrument(config, telemetry.providers)]
  await quoteEverywhere(config, quote, seen)
  for (const version of ['changed', 'moved', 'vetoed', 'unbuilt', 'invalid', 'unread', 'healed']) {
    source.set(version)
    await config.reload()
    seen.push(config.health(), await explained(config))
  }
  // what failed late is logged by then
  await new Promise((resolve) => setTimeout(resolve, 5))
  const page = await answerHealth(config, { headers: { accept: 'text/html' } }, { page: true })
  seen.push(
    config.health(),
    config.history(),
    config.snapshot.digest,
    unescaped(typeof page.body === 'string' ? page.body : JSON.stringify(page.body)),
  )
  seen.push(logger.lines, await registry.metrics(), await telemetry.written(), inspect(config, { depth: 20 }))
  for (const end of stop) end()
  await telemetry.shutdown()
  await config.close()
  return seen.map(written).join('\n')
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

/** One that says the text in its warnings, and when it can't be read. */
function quotingSource(entries: Said['entries'], quote: string): Source & { set(version: string): void } {
  let version = 'first'
  return {
    name: 'quoting',
    async read() {
      if (version === 'unread') throw new Error(`can't read ${quote}`)
      return { revision: `${version} ${quote}`, entries: entries(version), warnings: [`warns of ${quote}`] }
    },
    watch: () => ({ by: 'hand', warnings: [`watches ${quote}`], close: () => undefined }),
    set: (next) => void (version = next),
  }
}

async function quoteEverywhere(config: HotConfig<unknown>, quote: string, seen: unknown[]): Promise<void> {
  const versionOf = (value: unknown): unknown => (value as { readonly version?: unknown } | null)?.version
  const failure = (what: string): Error =>
    Object.assign(new Error(`${what} ${quote}`, { cause: new Error(`since ${quote}`) }), { code: `E ${quote}` })
  config.beforeChange(({ next, paths }) => {
    seen.push(paths)
    if (versionOf(next.value) === 'vetoed') throw failure('vetoes')
  })
  await config.resource(versionOf, (version) => {
    if (version === 'unbuilt') throw failure('builds no')
    return { version }
  })
  config.onChange(({ paths }) => {
    seen.push(paths)
    throw failure('hears of')
  })
  config.onChange(() => Promise.reject(failure('hears late of')))
  config.onReject((rejection: Rejection) => {
    seen.push(wholeError(rejection.error), rejection)
    throw failure('hears of a rejection of')
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
