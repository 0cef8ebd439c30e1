import { createHotConfig, OptionError, startHotConfig, values } from '@hot-config/core'
import { collectMetrics } from '@hot-config/core/prometheus'
import { createConfigMapVolume, createTestConfig } from '@hot-config/testing'
import { AggregatorRegistry, Gauge, register as globalRegistry, Registry } from 'prom-client'
import type { OpenMetricsContentType } from 'prom-client'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { unwatched } from '../support/unwatched.ts'
import { samplesOf, serve } from './scrape.ts'

const schema = z.object({ port: z.number(), password: z.string().default('') })

const samplesIn = async (register: Registry): Promise<Record<string, number>> => samplesOf(await register.metrics())
const named = (samples: Record<string, number>, name: string): string[] =>
  Object.keys(samples).filter((sample) => sample.split('{')[0] === name)

describe('a scrape of a service', () => {
  it('shows how updates of its ConfigMap change, fail and heal', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'port: 1' })
    await using service = await serve({ sources: volume.path, schema })
    const { config, register, scrape } = service
    collectMetrics(config, { register })
    const source = `{source="volume:${volume.path}"}`
    const info = (): string =>
      `hot_config_info{digest="${config.snapshot.digest}",version="${config.snapshot.version}"}`

    const { text, samples: first } = await scrape()
    expect(text).toContain('# TYPE hot_config_reloads_total counter')
    expect(text).toContain('# TYPE hot_config_reload_duration_seconds histogram')
    expect(first).toMatchObject({
      [info()]: 1,
      hot_config_last_reload_successful: 1,
      hot_config_last_reload_success_timestamp_seconds: Date.parse(config.snapshot.loadedAt) / 1000,
      'hot_config_reloads_total{result="changed"}': 0,
      'hot_config_reloads_total{result="unchanged"}': 0,
      'hot_config_reloads_total{result="rejected"}': 0,
      'hot_config_reload_duration_seconds_bucket{le="0.001"}': 0,
      hot_config_reload_duration_seconds_count: 0,
      [`hot_config_source_up${source}`]: 1,
      [`hot_config_source_updatable${source}`]: 1,
      hot_config_pending_restarts: 0,
      hot_config_listener_errors_total: 0,
    })

    const firstInfo = info()
    await volume.update({ 'app.yaml': 'port: 2' })
    const changed = await eventually(async () => {
      const { samples } = await scrape()
      expect(samples['hot_config_reloads_total{result="changed"}']).toBe(1)
      return samples
    })
    expect(changed).toMatchObject({ [info()]: 1, hot_config_last_reload_successful: 1 })
    expect(changed).not.toHaveProperty([firstInfo])
    expect(named(changed, 'hot_config_info')).toHaveLength(1)
    expect(changed['hot_config_last_reload_success_timestamp_seconds']).toBeGreaterThanOrEqual(
      Date.parse(config.snapshot.loadedAt) / 1000,
    )

    await volume.update({ 'app.yaml': 'port: two' })
    const failed = await eventually(async () => {
      const { samples } = await scrape()
      expect(samples['hot_config_last_reload_successful']).toBe(0)
      return samples
    })
    expect(failed).toMatchObject({
      [info()]: 1,
      'hot_config_reloads_total{result="rejected"}': 1,
      hot_config_last_reload_success_timestamp_seconds: changed['hot_config_last_reload_success_timestamp_seconds'],
      [`hot_config_source_up${source}`]: 1,
    })

    // what serves already: nothing changes, but all is well again
    await volume.update({ 'app.yaml': 'port: 2' })
    const healed = await eventually(async () => {
      const { samples } = await scrape()
      expect(samples['hot_config_last_reload_successful']).toBe(1)
      return samples
    })
    expect(healed).toMatchObject({ [info()]: 1, 'hot_config_reloads_total{result="unchanged"}': 1 })
    expect(healed['hot_config_last_reload_success_timestamp_seconds']).toBeGreaterThan(
      failed['hot_config_last_reload_success_timestamp_seconds']!,
    )
    const { reloads } = config.health()
    const all = reloads.changed + reloads.unchanged + reloads.rejected
    expect(healed).toMatchObject({
      hot_config_reload_duration_seconds_count: all,
      'hot_config_reload_duration_seconds_bucket{le="+Inf"}': all,
      'hot_config_reload_duration_seconds_bucket{le="10"}': all,
    })
    expect(healed['hot_config_reload_duration_seconds_sum']).toBeGreaterThan(0)
  })

  it('shows which source is down, and when it is back', async () => {
    const [a, b] = [drivenSource({ port: 1 }, { name: 'a' }), drivenSource({}, { name: 'b' })]
    await using service = await serve({ sources: [unwatched(a), b], schema })
    const { config, register, scrape } = service
    collectMetrics(config, { register })
    b.set(new Error('gone'))
    await config.reload()
    expect((await scrape()).samples).toMatchObject({
      'hot_config_source_up{source="a"}': 1,
      'hot_config_source_up{source="b"}': 0,
      'hot_config_source_updatable{source="a"}': 0,
      hot_config_last_reload_successful: 0,
    })
    b.set({})
    await config.reload()
    expect((await scrape()).samples).toMatchObject({
      'hot_config_source_up{source="b"}': 1,
      hot_config_last_reload_successful: 1,
    })
  })

  it('shows one of several sources of a name as down', async () => {
    const [a, b] = [drivenSource({ port: 1 }, { name: 'same' }), drivenSource({}, { name: 'same' })]
    await using config = await createHotConfig({ sources: [a, b], schema, logger: false })
    const register = new Registry()
    collectMetrics(config, { register })
    for (const source of [a, b]) {
      source.set(new Error('gone'))
      await config.reload()
      expect(await samplesIn(register)).toMatchObject({ 'hot_config_source_up{source="same"}': 0 })
      source.set({ port: 1 })
      await config.reload()
      expect(await samplesIn(register)).toMatchObject({ 'hot_config_source_up{source="same"}': 1 })
    }
  })

  it('counts changes that wait for a restart, and listeners that failed', async () => {
    const source = drivenSource({ port: 1, host: 'a', log: 'info' })
    await using service = await serve({ sources: source, restartRequired: ['port', 'host'] })
    const { config, register, scrape } = service
    collectMetrics(config, { register })
    config.onChange(() => {
      throw new Error('broken')
    })
    source.set({ port: 2, host: 'b', log: 'debug' })
    await config.reload()
    expect((await scrape()).samples).toMatchObject({
      hot_config_pending_restarts: 2,
      hot_config_listener_errors_total: 1,
    })
    source.set({ port: 1, host: 'a', log: 'debug' })
    await config.reload()
    expect((await scrape()).samples).toMatchObject({ hot_config_pending_restarts: 0 })
  })

  it('never shows a configuration value or a secret', async () => {
    const secrets = Array.from({ length: 200 }, (_, index) => `hunter${index}-secret`)
    const all = (ending: string) => ({
      port: 1,
      password: 'plain-value',
      secrets: Object.fromEntries(secrets.map((secret, index) => [`key${index}`, `${secret}${ending}`])),
    })
    const source = drivenSource(all(''))
    const strict = z.object({
      port: z.number(),
      password: z.string(),
      secrets: z.record(z.string(), z.string().regex(/^hunter/)),
    })
    await using service = await serve({ sources: source, schema: strict, redact: ['secrets'] })
    const { config, register, scrape } = service
    collectMetrics(config, { register, name: 'app' })
    config.beforeChange(({ next }) => {
      if (next.version > 2) throw new Error(`not with ${JSON.stringify(next.value)}`)
    })
    const texts: string[] = []
    for (const content of [
      all('-2'),
      all('-3'),
      { ...all(''), port: 'hunter0-secret' },
      new Error(`no ${secrets.join()}`),
    ]) {
      source.set(content)
      await config.reload()
      texts.push((await scrape()).text)
    }
    expect(config.health().reloads).toEqual({ changed: 1, unchanged: 0, rejected: 3 })
    for (const text of texts) expect(text).not.toMatch(/hunter|plain-value/)
  })
})

describe('collectMetrics', () => {
  it('observes how long the stages of a reload took, without the time it was made to wait', async () => {
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

  it('tells configurations of one registry apart by their names', async () => {
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

  it('refuses what would overwrite the metrics of another, and leaves them alone', async () => {
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

  it('can begin again after it ended, and after the registry was cleared', async () => {
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

  it('uses the global registry and takes a prefix', async () => {
    const stop = collectMetrics(createTestConfig({ port: 1 }), { prefix: 'shop_' })
    const names = globalRegistry.getMetricsAsArray().map(({ name }) => name)
    expect(names).toHaveLength(10)
    for (const name of names) expect(name).toMatch(/^shop_hot_config_/)
    stop()
    expect(globalRegistry.getMetricsAsArray()).toEqual([])
  })

  it('fits a registry that speaks OpenMetrics', async () => {
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

  it('shows a cluster of processes as its worst member', async () => {
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

  it('says that there is nothing yet before the first load', async () => {
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
