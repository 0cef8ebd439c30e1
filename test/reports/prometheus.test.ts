import { createHotConfig } from '@hot-config/core'
import { collectMetrics } from '@hot-config/core/prometheus'
import { createConfigMapVolume } from '@hot-config/testing'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { unwatched } from '../support/unwatched.ts'
import { named, samplesIn, serve } from './scrape.ts'

const schema = z.object({ port: z.number(), password: z.string().default('') })

describe('a scrape of a service', () => {
  it('shows a change, a rejection and the recovery', async () => {
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

  it("shows which source can't be read, and when it can be read again", async () => {
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

  it('shows a name as down when one of several sources with that name is down', async () => {
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
