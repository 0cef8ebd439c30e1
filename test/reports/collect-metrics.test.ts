import { createHotConfig, OptionError, startHotConfig, values, withCanary } from '@hot-config/core'
import { collectMetrics } from '@hot-config/core/prometheus'
import { createTestConfig } from '@hot-config/testing'
import { AggregatorRegistry, Gauge, register as globalRegistry, Registry } from 'prom-client'
import type { OpenMetricsContentType } from 'prom-client'
import { describe, expect, it, vi } from 'vitest'

import { drivenFiles, drivenSource } from '../support/driven-source.ts'
import { follow } from '../support/follow.ts'
import { named, samplesIn, samplesOf } from './scrape.ts'

describe('collectMetrics', () => {
  it('observes the duration of the stages of a reload, without its delay', async () => {
    const source = drivenSource({ port: 1 })
    await using config = await createHotConfig({
      sources: source,
      applyDelay: { maxMs: 400 },
      logger: false,
    })
    const register = new Registry()
    collectMetrics(config, { register })
    const waited = vi.spyOn(Math, 'random').mockReturnValue(0.99)
    config.beforeChange(() => new Promise((resolve) => setTimeout(resolve, 30)))
    let elapsedMs = 0
    config.onReload((reload) => {
      elapsedMs = reload.elapsedMs
    })
    source.set({ port: 2 })
    expect(await config.reload()).toBe('changed')
    waited.mockRestore()
    const { hot_config_reload_duration_seconds_sum: sum } = await samplesIn(register)
    expect(sum).toBeGreaterThan(0.025)
    expect(sum).toBeLessThan((elapsedMs - 390) / 1000)
  })

  it('counts what the guard took back once, also when it comes again after something else was taken back', async () => {
    const [stable, canary] = [drivenFiles('stable', { 'a.json': '{"max":1}' }), drivenFiles('canary', {})]
    const check = ({ current }: { readonly current: { readonly max: number } }): void => {
      if (current.max === 2) throw new Error('2 is bad')
    }
    const schema = (input: unknown) => ({ max: (input as { readonly max: number }).max })
    await using running = await follow(withCanary(stable, canary), {
      schema,
      guard: { check, intervalMs: 5 },
    })
    const { config } = running
    const register = new Registry()
    collectMetrics(config, { register })
    stable.set({ 'a.json': '{"max":2}' })
    await config.reload()
    await running.reports({ version: 3, guard: { state: 'taken-back' } })
    stable.set({ 'a.json': '{}' })
    expect(await config.reload()).toBe('rejected')
    canary.set({ 'hot-config.share': '100%', 'a.json': '{"max":2}', 'b.json': '{"other":1}' })
    await config.reload()
    await running.reports({ version: 5, canary: { state: 'taken-back' } })
    stable.set({ 'a.json': '{"max":2}' })
    expect(await config.reload()).toBe('rejected')
    expect(config.health().lastRejection?.message).toContain('2 is bad')
    expect(await samplesIn(register)).toMatchObject({ hot_config_taken_back_total: 2 })
  })

  it('distinguishes the configurations of one registry by their names', async () => {
    const register = new Registry()
    const [a, b] = [createTestConfig({ port: 1 }), createTestConfig({ port: 2 })]
    const stopA = collectMetrics(a, { register, name: 'a', labels: { team: 'x', app: 'shop' } })
    const stopB = collectMetrics(b, { register, name: 'b', labels: { app: 'shop', team: 'y' } })
    await b.set({ port: 3 })
    const changed = (team: string, config: string): string =>
      `hot_config_reloads_total{team="${team}",app="shop",config="${config}",result="changed"}`
    const samples = await samplesIn(register)
    expect(samples[changed('x', 'a')]).toBe(0)
    expect(named(samples, 'hot_config_info')).toHaveLength(2)
    expect(named(samples, 'hot_config_reload_duration_seconds_count')).toEqual([
      'hot_config_reload_duration_seconds_count{team="x",app="shop",config="a"}',
      'hot_config_reload_duration_seconds_count{app="shop",team="y",config="b"}',
    ])

    stopA()
    stopA()
    const left = await samplesIn(register)
    expect(Object.keys(left).filter((name) => name.includes('config="a"'))).toEqual([])
    expect(left['hot_config_reload_duration_seconds_count{app="shop",team="y",config="b"}']).toBe(1)
    stopB()
    expect(await register.metrics()).toBe('\n')
    expect(register.getMetricsAsArray()).toEqual([])
  })

  it('rejects what would overwrite other metrics, and leaves them alone', async () => {
    const register = new Registry()
    const config = createTestConfig({ port: 1 })
    collectMetrics(config, { register })
    const before = await samplesIn(register)
    const refused = (options: object, message: RegExp): void => {
      const collect = (): unknown => collectMetrics(config, { register, ...options })
      expect(collect).toThrow(OptionError)
      expect(collect).toThrow(message)
    }
    refused({}, /^name: expected one for each of several configurations/)
    refused({ labels: { app: 'shop' }, name: 'b' }, /^labels: expected the same .*: none/)
    refused({ labels: { config: 'b' } }, /^labels: "config" is reserved/)
    refused({ labels: { source: 'b' }, prefix: 'other_' }, /^labels: "source" is reserved/)
    collectMetrics(config, { register, name: 'b' })
    refused({ name: 'b' }, /^name: is taken/)
    const gauge = new Gauge({ name: 'other_hot_config_info', help: 'of somebody else', registers: [] })
    register.registerMetric(gauge)
    refused({ prefix: 'other_' }, /^prefix: the registry has another metric "other_hot_config_info"/)
    expect(await samplesIn(register)).toMatchObject(before)
  })

  it('can start again after it ended, and after the registry was cleared', async () => {
    const register = new Registry()
    const config = createTestConfig({ port: 1 })
    collectMetrics(config, { register })()
    const stale = collectMetrics(config, { register, labels: { app: 'shop' } })
    register.clear()
    collectMetrics(config, { register })
    stale()
    await config.set({ port: 2 })
    expect(await samplesIn(register)).toMatchObject({
      'hot_config_reloads_total{result="changed"}': 1,
      hot_config_reload_duration_seconds_count: 1,
    })
  })

  it('uses the global registry and a prefix', async () => {
    const stop = collectMetrics(createTestConfig({ port: 1 }), { prefix: 'shop_' })
    const names = globalRegistry.getMetricsAsArray().map(({ name }) => name)
    expect(names).toHaveLength(14)
    for (const name of names) expect(name).toMatch(/^shop_hot_config_/)
    stop()
    expect(globalRegistry.getMetricsAsArray()).toEqual([])
  })

  it('works with an OpenMetrics registry', async () => {
    const register = new Registry<OpenMetricsContentType>()
    register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    const config = createTestConfig({ port: 1 })
    const stop = collectMetrics(config, { register })
    await config.set({ port: 2 })
    for (const _time of ['first', 'second']) {
      const text = await register.metrics()
      expect(samplesOf(text)).toMatchObject({ 'hot_config_reloads_total{result="changed"}': 1 })
      expect(text).toContain('# TYPE hot_config_reloads counter')
    }
    stop()
    expect(register.getMetricsAsArray()).toEqual([])
  })

  it('aggregates a cluster of processes to its worst member', async () => {
    const members = await Promise.all(
      [false, true].map(async (isRefused) => {
        const register = new Registry()
        const config = createTestConfig({ port: 1 })
        collectMetrics(config, { register })
        await config.set({ port: 2 })
        if (isRefused) config.reject('must be a port')
        return register.getMetricsAsJSON()
      }),
    )
    const samples = samplesOf(await AggregatorRegistry.aggregate(members).metrics())
    expect(samples).toMatchObject({
      hot_config_last_reload_successful: 0,
      'hot_config_reloads_total{result="changed"}': 2,
      'hot_config_reloads_total{result="rejected"}': 1,
    })
    expect(named(samples, 'hot_config_info').map((name) => samples[name])).toEqual([1])
  })

  it('reports that there is no configuration before the first load', async () => {
    const { config, ready } = startHotConfig({ sources: values({ port: 1 }), logger: false })
    const register = new Registry()
    collectMetrics(config, { register })
    const before = await samplesIn(register)
    expect(before).toMatchObject({ hot_config_last_reload_successful: 0 })
    expect(named(before, 'hot_config_info')).toEqual([])
    expect(named(before, 'hot_config_last_reload_success_timestamp_seconds')).toEqual([])
    await ready
    expect(await samplesIn(register)).toMatchObject({
      hot_config_last_reload_successful: 1,
      hot_config_last_reload_success_timestamp_seconds: Date.parse(config.snapshot.loadedAt) / 1000,
      hot_config_reload_duration_seconds_count: 0,
    })
    await config.close()
  })
})
