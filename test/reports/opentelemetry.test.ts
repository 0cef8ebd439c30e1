import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import type { MetricData } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { createHotConfig } from '@hot-config/core'
import { instrument } from '@hot-config/core/opentelemetry'
import { collectMetrics } from '@hot-config/core/prometheus'
import { createTestConfig } from '@hot-config/testing'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { drivenSource } from '../support/driven-source.ts'
import { samplesOf } from './scrape.ts'

const schema = z.object({ port: z.number(), password: z.string().default('') })

let telemetry: ReturnType<typeof inMemory>

beforeEach(() => {
  telemetry = inMemory()
})

afterEach(() => telemetry.shutdown())

/** OpenTelemetry's SDK, with exporters that keep what they are given. */
function inMemory() {
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 2 ** 30 })
  const spanExporter = new InMemorySpanExporter()
  const meterProvider = new MeterProvider({ readers: [reader] })
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] })
  return {
    providers: { meterProvider, tracerProvider },
    async metrics(): Promise<MetricData[]> {
      metricExporter.reset()
      await reader.forceFlush()
      return metricExporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
    },
    spans(): ReadableSpan[] {
      return spanExporter.getFinishedSpans()
    },
    async shutdown() {
      await meterProvider.shutdown()
      await tracerProvider.shutdown()
    },
  }
}

/** The points of all metrics, as the exporter to Prometheus names them. */
function pointsOf(metrics: readonly MetricData[]): Record<string, unknown> {
  return Object.fromEntries(
    metrics.flatMap(({ descriptor, dataPoints, ...metric }) =>
      dataPoints.map(({ attributes, value }): [string, unknown] => {
        const labels = Object.entries(attributes).map(([name, text]) => `${name}="${String(text)}"`)
        const name = descriptor.name.replaceAll('.', '_')
        const unit = descriptor.unit === 's' ? '_seconds' : ''
        const total = 'isMonotonic' in metric && metric.isMonotonic ? '_total' : ''
        const sample = `${name}${unit}${total}${labels.length > 0 ? `{${labels.join()}}` : ''}`
        return [sample, value]
      }),
    ),
  )
}

const milliseconds = ([seconds, nanoseconds]: readonly [number, number]): number => seconds * 1e3 + nanoseconds / 1e6

describe('the metrics', () => {
  it('are the same as those for Prometheus', async () => {
    const source = drivenSource({ port: 1, host: 'a' })
    await using config = await createHotConfig({ sources: source, restartRequired: ['host'], logger: false })
    const register = new Registry()
    collectMetrics(config, { register, labels: { app: 'shop' }, name: 'main' })
    instrument(config, { ...telemetry.providers, attributes: { app: 'shop' }, name: 'main' })
    config.onChange(() => {
      throw new Error('broken')
    })
    for (const content of [{ port: 2, host: 'b' }, new Error('gone')]) {
      source.set(content)
      await config.reload()
      const { hot_config_reload_duration_seconds: duration, ...points } = Object.fromEntries(
        Object.entries(pointsOf(await telemetry.metrics())).map(([name, value]) =>
          name.startsWith('hot_config_reload_duration') ? ['hot_config_reload_duration_seconds', value] : [name, value],
        ),
      )
      const samples = samplesOf(await register.metrics())
      const histogram = Object.entries(samples).filter(([name]) => name.includes('_duration_'))
      for (const [name] of histogram) delete samples[name]
      expect(points).toEqual(samples)
      expect(Object.keys(points)).toHaveLength(12)
      const { sum, count } = duration as { sum: number; count: number }
      expect(histogram).toContainEqual(['hot_config_reload_duration_seconds_sum{app="shop",config="main"}', sum])
      expect(histogram).toContainEqual(['hot_config_reload_duration_seconds_count{app="shop",config="main"}', count])
    }
  })

  it('show the newest digest as 1 and older ones as 0', async () => {
    const config = createTestConfig({ port: 1 })
    instrument(config, telemetry.providers)
    let older: Record<string, number> = {}
    for (const port of [2, 3, 4, 2]) {
      await config.set({ port })
      const points = Object.entries(pointsOf(await telemetry.metrics())).filter(([name]) => name.includes('_info'))
      const { digest, version } = config.snapshot
      const newest = `hot_config_info{digest="${digest}",version="${version}"}`
      expect(Object.fromEntries(points)).toEqual({ ...older, [newest]: 1 })
      older = { ...older, [newest]: 0 }
    }
  })

  it('distinguish two configurations, and end one by one', async () => {
    const [a, b] = [createTestConfig({ port: 1 }), createTestConfig({ port: 2 })]
    const stopA = instrument(a, { ...telemetry.providers, name: 'a' })
    const stopB = instrument(b, { ...telemetry.providers, name: 'b' })
    await b.set({ port: 3 })
    expect(pointsOf(await telemetry.metrics())).toMatchObject({
      'hot_config_reloads_total{config="a",result="changed"}': 0,
      'hot_config_reloads_total{config="b",result="changed"}': 1,
    })
    expect(telemetry.spans().map(({ attributes }) => attributes['config'])).toEqual(['b'])
    stopB()
    await b.set({ port: 4 })
    await a.set({ port: 4 })
    expect(telemetry.spans().map(({ attributes }) => attributes['config'])).toEqual(['b', 'a'])
    stopA()
    await a.set({ port: 5 })
    expect(telemetry.spans()).toHaveLength(2)
  })
})

describe('a span', () => {
  it('shows a change with its stages, at their times', async () => {
    const source = drivenSource({ port: 1 })
    await using config = await createHotConfig({ sources: source, schema, logger: false })
    instrument(config, { ...telemetry.providers, name: 'main', attributes: { app: 'shop' } })
    config.beforeChange(() => new Promise((resolve) => setTimeout(resolve, 20)))
    source.set({ port: 2 })
    const before = Date.now()
    await config.reload()

    const spans = telemetry.spans()
    const reload = spans.find(({ name }) => name === 'hot_config.reload')!
    const stages = spans.filter((span) => span !== reload)
    expect(stages.map(({ name }) => name)).toEqual(['hot_config.read', 'hot_config.validate', 'hot_config.prepare'])
    expect(reload.parentSpanContext).toBeUndefined()
    expect(reload.status.code).toBe(SpanStatusCode.UNSET)
    expect(reload.attributes).toEqual({
      app: 'shop',
      config: 'main',
      'hot_config.result': 'changed',
      'hot_config.version': 2,
      'hot_config.digest': config.snapshot.digest,
    })
    const started = milliseconds(reload.startTime)
    expect(started).toBeGreaterThan(before - 5)
    expect(milliseconds(reload.endTime)).toBeLessThanOrEqual(Date.now())
    let end = started
    for (const stage of stages) {
      expect(stage.parentSpanContext?.spanId).toBe(reload.spanContext().spanId)
      expect(stage.spanContext().traceId).toBe(reload.spanContext().traceId)
      // times are kept in nanoseconds
      expect(milliseconds(stage.startTime)).toBeGreaterThan(end - 0.01)
      end = milliseconds(stage.endTime)
    }
    expect(end).toBeCloseTo(milliseconds(reload.endTime), 2)
    const [entry] = config.history()
    const { read, validate, prepare } = entry?.type === 'change' ? entry.durations : {}
    for (const [index, duration] of [read, validate, prepare].entries()) {
      expect(milliseconds(stages[index]!.duration)).toBeCloseTo(duration!, 2)
    }
  })

  it.each([
    { what: 'can not be read', content: new Error('gone'), code: 'HOT_CONFIG_SOURCE', stages: ['read'] },
    { what: 'is not valid', content: { port: 'x' }, code: 'HOT_CONFIG_SCHEMA', stages: ['read', 'validate'] },
    { what: 'is vetoed', content: { port: 3 }, code: 'HOT_CONFIG_VETO', stages: ['read', 'validate', 'prepare'] },
  ])(
    'shows why an update that $what was rejected, and the stages that it reached',
    async ({ content, code, stages }) => {
      const source = drivenSource({ port: 1 })
      await using config = await createHotConfig({ sources: source, schema, logger: false })
      instrument(config, telemetry.providers)
      config.beforeChange(() => {
        throw new Error('not now')
      })
      source.set(content)
      expect(await config.reload()).toBe('rejected')
      const spans = telemetry.spans()
      const reload = spans.find(({ name }) => name === 'hot_config.reload')!
      expect(reload.attributes).toEqual({ 'hot_config.result': 'rejected', 'error.type': code })
      expect(reload.status).toEqual({ code: SpanStatusCode.ERROR, message: config.health().lastRejection?.message })
      expect(spans.filter((span) => span !== reload).map(({ name }) => name)).toEqual(
        stages.map((stage) => `hot_config.${stage}`),
      )
    },
  )

  it('starts a trace of its own, also when the reload was called within another', async () => {
    const contextManager = new AsyncLocalStorageContextManager().enable()
    context.setGlobalContextManager(contextManager)
    try {
      await using config = await createHotConfig({
        sources: drivenSource({ port: 1 }),
        logger: false,
      })
      instrument(config, telemetry.providers)
      const request = telemetry.providers.tracerProvider.getTracer('app').startSpan('request')
      await context.with(trace.setSpan(context.active(), request), async () => {
        expect(trace.getActiveSpan()).toBe(request)
        await config.reload()
      })
      const reload = telemetry.spans().find(({ name }) => name === 'hot_config.reload')!
      expect(reload.parentSpanContext).toBeUndefined()
      expect(reload.spanContext().traceId).not.toBe(request.spanContext().traceId)
    } finally {
      context.disable()
    }
  })

  it('never shows a configuration value or a secret, and neither does a metric', async () => {
    const secrets = Array.from({ length: 200 }, (_, index) => `hunter${index}-secret`)
    const source = drivenSource({ port: 1, password: 'hunter-first' })
    await using config = await createHotConfig({
      sources: source,
      schema: schema.extend({ port: z.number() }),
      redact: ['password'],
      logger: false,
    })
    instrument(config, telemetry.providers)
    config.beforeChange(({ next }) => {
      if (next.value.port === 2) throw new Error(`not with ${next.value.password}`)
    })
    for (const [index, password] of secrets.entries()) {
      source.set({ port: index % 2 === 0 ? 2 : 7_654_321 + index, password })
      await config.reload()
    }
    source.set({ port: 'high', password: secrets })
    await config.reload()
    expect(config.health().reloads).toEqual({ changed: 100, unchanged: 0, rejected: 101 })
    const spans = telemetry
      .spans()
      .map(({ name, attributes, status, events }) => ({ name, attributes, status, events }))
    expect(spans.filter(({ name }) => name === 'hot_config.reload')).toHaveLength(201)
    expect(JSON.stringify([spans, await telemetry.metrics()])).not.toMatch(/hunter|76543/)
  })
})

it('does no harm where OpenTelemetry is not set up', async () => {
  const config = createTestConfig({ port: 1 })
  const stop = instrument(config)
  await config.set({ port: 2 })
  stop()
  expect(config.health().listenerErrors).toBe(0)
})
