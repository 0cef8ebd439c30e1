import { metrics as globalMeters, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Attributes, AttributeValue, MeterProvider, Tracer, TracerProvider } from '@opentelemetry/api'

import type { Unsubscribe } from '../async/listeners.js'
import { readOptions } from '../errors/option-checks.js'
import type { TableOf } from '../errors/option-checks.js'
import { optionKind, recordOf, text, withMethods } from '../errors/option-kinds.js'
import { DURATION, METRICS, observedConfig, ReloadObserver } from './metrics.js'
import type { ObservedConfig } from './metrics.js'
import type { Reload } from '../updates/reload.js'

export type { ObservedConfig }

export interface TelemetryOptions {
  /** The provider of meters. Default: the global provider, which must be set before this call. */
  readonly meterProvider?: MeterProvider | undefined
  /** The provider of tracers. Default: the global provider. */
  readonly tracerProvider?: TracerProvider | undefined
  /** Value of the attribute `config`, which distinguishes several configurations of a process. */
  readonly name?: string | undefined
  /** Attributes of every measurement and of every span of a reload. */
  readonly attributes?: Attributes | undefined
}

const PRIMITIVES = new Set(['string', 'number', 'boolean'])

const OPTIONS = {
  meterProvider: withMethods<MeterProvider>('a MeterProvider of OpenTelemetry', 'getMeter')(globalMeters),
  tracerProvider: withMethods<TracerProvider>('a TracerProvider of OpenTelemetry', 'getTracer')(trace),
  name: text(),
  attributes: recordOf(
    optionKind<AttributeValue>('a text, a number, true, false, or a list of them', (value) =>
      [value].flat().every((each) => PRIMITIVES.has(typeof each)),
    ),
    'an object of attributes such as { team: "shop" }',
  ),
} satisfies TableOf<TelemetryOptions>

const SCOPE = '@hot-config/core'

/**
 * Reports a configuration to OpenTelemetry: as metrics that are read from `health()` when they are collected, and as a
 * span for every reload with its stages as children. They contain no configuration value.
 *
 * @returns a function that ends the reports
 * @throws {OptionError} for unknown or invalid options
 */
export function instrument(config: ObservedConfig, options: TelemetryOptions = {}): Unsubscribe {
  observedConfig.required(config, 'config')
  const { meterProvider, tracerProvider, name, attributes } = readOptions(options, OPTIONS)
  const common = { ...attributes, ...(name !== undefined && { config: name }) }
  const meter = meterProvider.getMeter(SCOPE)
  const tracer = tracerProvider.getTracer(SCOPE)

  const duration = meter.createHistogram(DURATION.instrument, {
    description: DURATION.help,
    unit: 's',
    advice: { explicitBucketBoundaries: [...DURATION.buckets] },
  })
  const observer = new ReloadObserver(config, (seconds) => duration.record(seconds, common))
  const instruments = METRICS.map(({ instrument: called, type, help: description, unit = '', read }) => {
    const described = { description, unit }
    const observable =
      type === 'counter'
        ? meter.createObservableCounter(called, described)
        : meter.createObservableGauge(called, described)
    return { observable, read, shown: new Map<string, Attributes>() }
  })
  const observables = instruments.map(({ observable }) => observable)
  const observe: Parameters<typeof meter.addBatchObservableCallback>[0] = (result) => {
    const observation = observer.observe()
    for (const { observable, read, shown } of instruments) {
      const samples = read(observation).map(([value, more]) => ({ value, labels: { ...common, ...more } }))
      const now = new Map(samples.map(({ labels }) => [JSON.stringify(labels), labels]))
      // An SDK repeats the last value of each series. So the series of an old digest is set to 0.
      for (const [key, labels] of shown) if (!now.has(key)) result.observe(observable, 0, labels)
      for (const { value, labels } of samples) result.observe(observable, value, labels)
      shown.clear()
      for (const [key, labels] of now) shown.set(key, labels)
    }
  }
  meter.addBatchObservableCallback(observe, observables)
  const endSpans = config.onReload((reload) => writeSpans(tracer, reload, common))

  return () => {
    observer.stop()
    endSpans()
    meter.removeBatchObservableCallback(observe, observables)
  }
}

/** A reload belongs to no request, even if it starts during one: its span begins a trace. */
function writeSpans(tracer: Tracer, reload: Reload<unknown>, common: Attributes): void {
  const { result, elapsedMs, durations, change, rejection } = reload
  const end = Date.now()
  const start = end - elapsedMs
  const span = tracer.startSpan('hot_config.reload', {
    root: true,
    startTime: start,
    attributes: {
      ...common,
      'hot_config.result': result,
      ...(change && { 'hot_config.version': change.next.version, 'hot_config.digest': change.next.digest }),
      ...(rejection && { 'error.type': rejection.error.code }),
    },
  })
  const context = trace.setSpan(ROOT_CONTEXT, span)
  const { read, validate, prepare } = durations
  const stage = (name: string, from: number, took: number | undefined): void => {
    if (took !== undefined) tracer.startSpan(name, { startTime: from }, context).end(from + took)
  }
  stage('hot_config.read', start, read)
  stage('hot_config.validate', start + (read ?? 0), validate)
  // Preparing is the last stage. `applyDelay` waits before it.
  stage('hot_config.prepare', end - (prepare ?? 0), prepare)
  if (rejection) span.setStatus({ code: SpanStatusCode.ERROR, message: rejection.message })
  span.end(end)
}
