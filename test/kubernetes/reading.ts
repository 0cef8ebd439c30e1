import { writeFile } from 'node:fs/promises'

import { createHotConfig, volume, withFallback } from '@hot-config/core'
import type { Reading, Source } from '@hot-config/core'
import { configMap, configMaps, fromKubeConfig, secret } from '@hot-config/kubernetes'
import type { ObjectOptions } from '@hot-config/kubernetes'
import { createConfigMapVolume, sourceContract } from '@hot-config/testing'
import { KubeConfig } from '@kubernetes/client-node'
import { describe, expect, it } from 'vitest'

import { CONFIG_MAPS, SECRETS, must } from '../support/api-server.ts'
import type { ApiServer } from '../support/api-server.ts'
import { createCertificate } from '../support/certificate.ts'
import { eventually } from '../support/eventually.ts'
import { startFaultyProxy } from '../support/faulty-proxy.ts'
import { follow } from '../support/follow.ts'
import { outwardText } from '../support/outward.ts'
import { TestConfigMap, freshName, tokenFileIn, useServer } from './support.ts'

/** What a source of the API reads and follows, the same on every API server. */
export function reading(startServer: () => Promise<ApiServer>): void {
  const used = useServer(startServer)
  const connection = (): Omit<ObjectOptions, 'name'> => ({ ...used.connection(), startTimeoutMs: 2_000 })
  const options = (name: string): ObjectOptions => ({ name, ...connection() })
  const read = (source: Source): Promise<Reading> => source.read(new AbortController().signal)
  const bytes = ({ entries }: Reading): Record<string, string> =>
    Object.fromEntries(
      entries.flatMap((entry) => ('bytes' in entry ? [[entry.key, Buffer.from(entry.bytes).toString('latin1')]] : [])),
    )

  describe('a ConfigMap of the API', () => {
    sourceContract({
      describe,
      it,
      factory: async () => {
        const map = new TestConfigMap(used.server)
        await map.create()
        return {
          source: configMap({ ...options(map.name), startTimeoutMs: 500 }),
          change: async () => void (await map.update()),
          takeAway: () => map.remove(),
          bringBack: () => map.create(),
          dispose: () => map.remove().catch(() => undefined),
        }
      },
    })

    it('has the entries that a volume would have as files, text and bytes', async () => {
      const name = freshName()
      const binaryData = { 'logo.bin': Buffer.from([0, 255, 128]).toString('base64') }
      const data = { 'app.yaml': 'greeting: Grüße\n', 'log.level': 'info' }
      const body = await must(used.server, 'POST', CONFIG_MAPS, { metadata: { name }, data, binaryData })
      const reading = await read(configMap(options(name)))
      expect(reading.revision).toBe(body['metadata'].resourceVersion)
      expect(bytes(reading)).toEqual({
        'app.yaml': Buffer.from('greeting: Grüße\n').toString('latin1'),
        'log.level': 'info',
        'logo.bin': '\x00\xff\x80',
      })
    })

    it('has no entries when it is empty', async () => {
      const name = freshName()
      await must(used.server, 'POST', CONFIG_MAPS, { metadata: { name } })
      expect(bytes(await read(configMap(options(name))))).toEqual({})
    })

    it('has only the keys that are asked for, and rejects when one is missing', async () => {
      const name = freshName()
      await must(used.server, 'POST', CONFIG_MAPS, { metadata: { name }, data: { a: '1', b: '2', c: '3' } })
      expect(bytes(await read(configMap({ ...options(name), keys: ['a', 'c'] })))).toEqual({ a: '1', c: '3' })
      await expect(read(configMap({ ...options(name), keys: ['a', 'x'] }))).rejects.toThrow(
        'it has no x; its keys are a, b, c',
      )
      expect(bytes(await read(configMap({ ...options(name), keys: ['a', 'x'], required: false })))).toEqual({ a: '1' })
    })

    it('says what its keys are read as, as a volume does', async () => {
      const name = freshName()
      const data = { 'a.conf': 'a=1', 'b.conf': 'b: 1', 'c.yaml': 'c: 1' }
      await must(used.server, 'POST', CONFIG_MAPS, { metadata: { name, labels: { app: name } }, data })
      const formats = { '*.conf': 'properties', 'b.conf': 'yaml' } as const
      const value = { a: '1', b: 1, c: 1 }
      for (const source of [
        configMap({ ...options(name), formats }),
        configMaps({ labelSelector: `app=${name}`, ...connection(), formats }),
      ]) {
        await using config = await createHotConfig({ sources: source, logger: false })
        expect(config.current).toEqual(value)
      }
      const wrong = 'yml' as 'yaml'
      expect(() => secret({ ...options(name), formats: { '*.conf': wrong } })).toThrow('formats.*.conf: expected')
    })

    it('uses the connection of a kubeconfig', async () => {
      const name = freshName()
      await must(used.server, 'POST', CONFIG_MAPS, { metadata: { name }, data: { a: '1' } })
      const kubeConfig = new KubeConfig()
      kubeConfig.loadFromOptions({
        clusters: [{ name: 'test', server: used.server.url, caFile: used.server.caFile, skipTLSVerify: false }],
        users: [{ name: 'test', token: used.server.readerToken }],
        contexts: [{ name: 'test', cluster: 'test', user: 'test', namespace: 'default' }],
        currentContext: 'test',
      })
      expect(bytes(await read(configMap({ name, ...fromKubeConfig(kubeConfig) })))).toEqual({ a: '1' })
      const trusting = new KubeConfig()
      trusting.loadFromOptions({
        clusters: [{ name: 'test', server: used.server.url, skipTLSVerify: true }],
        users: [{ name: 'test', token: used.server.readerToken }],
        contexts: [{ name: 'test', cluster: 'test', user: 'test' }],
        currentContext: 'test',
      })
      expect(bytes(await read(configMap({ name, namespace: 'default', ...fromKubeConfig(trusting) })))).toEqual({
        a: '1',
      })
    })
  })

  describe('ConfigMaps of the API', () => {
    const add = (name: string, order: string | undefined, data: object, app: string): Promise<unknown> => {
      const annotations = order === undefined ? {} : { 'hot-config/order': order }
      return must(used.server, 'POST', CONFIG_MAPS, { metadata: { name, labels: { app }, annotations }, data })
    }

    it('are merged by annotation, then by name, and are followed', async () => {
      const app = freshName()
      await add(`${app}-c`, undefined, { 'app.json': '{"from":"c","c":1}' }, app)
      await add(`${app}-b`, '10', { 'app.json': '{"from":"b","b":1}' }, app)
      await add(`${app}-d`, '-1', { 'app.json': '{"from":"d","d":1}' }, app)
      await add(`${app}-a`, '10', { 'app.json': '{"from":"a","a":1}' }, app)
      await add(`${app}-other`, '99', { 'app.json': '{"from":"other"}' }, `${app}-other`)
      const sources = configMaps({ ...connection(), labelSelector: `app=${app}` })
      await using running = await follow(sources)
      const { config, serves, reports } = running
      expect(config.current).toEqual({ from: 'b', a: 1, b: 1, c: 1, d: 1 })
      await must(used.server, 'DELETE', `${CONFIG_MAPS}/${app}-b`)
      await serves({ from: 'a', a: 1, c: 1, d: 1 })
      await must(used.server, 'PATCH', `${CONFIG_MAPS}/${app}-c`, {
        metadata: { annotations: { 'hot-config/order': '20' } },
      })
      await eventually(() => expect(config.current).toMatchObject({ from: 'c' }))
      await must(used.server, 'PATCH', `${CONFIG_MAPS}/${app}-c`, { metadata: { labels: { app: 'elsewhere' } } })
      await serves({ from: 'a', a: 1, d: 1 })
      await add(`${app}-e`, '30', { 'app.json': '{\n  "from": "e' }, app)
      await reports({ lastRejection: { source: sources.name } })
      expect(config.health().lastRejection?.message).toContain(`${app}-e/app.json:2`)
      await must(used.server, 'DELETE', `${CONFIG_MAPS}/${app}-e`)
      await reports({ status: 'pass' })
      for (const name of ['a', 'd']) await must(used.server, 'DELETE', `${CONFIG_MAPS}/${app}-${name}`)
      await reports({ status: 'warn' })
      expect(config.current).toMatchObject({ d: 1 })
    })

    it('have an order that is a number, or a warning', async () => {
      const app = freshName()
      const name = `${app}-a`
      await add(name, 'first', { 'app.json': '{"from":"a"}' }, app)
      await add(`${app}-b`, '-1', { 'app.json': '{"from":"b"}' }, app)
      const sources = configMaps({ ...connection(), labelSelector: `app=${app}` })
      await using running = await follow(sources)
      const { config, reports, logger } = running
      const message = (text: string): string =>
        `the annotation hot-config/order of ConfigMap ${name} is ${text}: expected a number such as "10"; it counts as 0`
      expect(config.current).toEqual({ from: 'a' })
      await reports({ status: 'warn', sources: [{ updatable: true, warnings: [message('"first"')] }] })
      const annotate = (order: string | null): Promise<unknown> =>
        must(used.server, 'PATCH', `${CONFIG_MAPS}/${name}`, {
          metadata: { annotations: { 'hot-config/order': order } },
        })
      await annotate('5')
      await reports({ status: 'pass', version: 1, sources: [{ warnings: [] }] })
      await annotate(' ')
      await reports({ status: 'warn', version: 1, sources: [{ warnings: [message('" "')] }] })
      await annotate(null)
      await reports({ status: 'pass', version: 1 })
      const told = logger.lines.filter((line) => line.message.includes('hot-config/order'))
      expect(told).toMatchObject([{ level: 'warn' }, { level: 'warn' }])
      expect(told[0]?.message).toBe(`check the configuration: ${sources.name}: ${message('"first"')}`)
    })
  })

  describe('a ConfigMap of the API with mounted files to fall back to', () => {
    it('starts from the files, switches to the API, and back for an update that only the files get', async () => {
      await using mounted = await createConfigMapVolume()
      const map = new TestConfigMap(used.server)
      await mounted.update({ 'app.json': '{"count":0}' })
      const file = await tokenFileIn(used.folder, 'not-yet-valid')
      await using proxy = await startFaultyProxy(() => used.server.url, createCertificate(used.folder))
      const at = { server: proxy.url, caFile: proxy.caFile, tokenFile: file }
      const first = configMap({ ...options(map.name), ...at })
      const sources = withFallback(first, volume(mounted.path), { patienceMs: 500 })
      await using running = await follow(sources)
      const { config, serves, reports } = running
      expect(config.current).toEqual({ count: 0 })
      const [source] = config.health().sources
      expect(source).toMatchObject({ name: `volume:${mounted.path}`, watching: 'inotify' })
      expect(source?.warnings.join('\n')).toMatch(/serves in place of configMap:.*\n.*\(401\)/)

      await map.create()
      await writeFile(file, used.server.readerToken)
      await serves({ count: 1 })
      await reports({ sources: [{ name: first.name, watching: 'watch', warnings: [] }] })

      await writeFile(file, 'no-longer-valid')
      proxy.cut()
      await reports({ status: 'warn' })
      expect(config.current).toEqual({ count: 1 })
      expect(config.health().sources).toMatchObject([{ name: first.name }])
      await mounted.update({ 'app.json': '{"count":2}' })
      await serves({ count: 2 })
      expect(config.health().sources).toMatchObject([{ name: `volume:${mounted.path}`, updatable: true }])

      await map.update()
      await writeFile(file, used.server.readerToken)
      await map.update()
      await serves({ count: 3 })
      await reports({ sources: [{ name: first.name, watching: 'watch', warnings: [] }] })
    })
  })

  describe('a Secret of the API', () => {
    it('is decoded, and its values are never shown', async () => {
      const name = freshName()
      const stringData = { 'db.password': 'hunter2-hunter2', 'extra.json': '{"deep":{"key":"s3cr3t-s3cr3t"}}' }
      await must(used.server, 'POST', SECRETS, { metadata: { name }, stringData })
      await using running = await follow(secret(options(name)), {
        schema: (value: Record<string, any>) => {
          if (value['deep'].key.includes('s3cr3t') && value['deep'].key !== 's3cr3t-s3cr3t')
            throw new Error(`bad ${value['deep'].key}`)
          return value
        },
      })
      const { config, logger, reports } = running
      expect(config.current).toEqual({ db: { password: 'hunter2-hunter2' }, deep: { key: 's3cr3t-s3cr3t' } })
      const path = `${SECRETS}/${name}`
      await must(used.server, 'PATCH', path, {
        stringData: undefined,
        data: { 'db.password': Buffer.from('hunter3-hunter3').toString('base64') },
      })
      await eventually(() => expect(config.current['db'].password).toBe('hunter3-hunter3'))
      const bad = Buffer.from('{"deep":{"key":"other-s3cr3t"}}').toString('base64')
      await must(used.server, 'PATCH', path, { data: { 'extra.json': bad } })
      await reports({ status: 'warn' })
      expect(outwardText(config as never, logger)).not.toMatch(/hunter|s3cr3t|reader-token/)
    })

    it('has a revision that depends on the object alone, and not on what it holds', async () => {
      const [first, second] = [freshName(), freshName()]
      const create = (name: string): Promise<Record<string, any>> =>
        must(used.server, 'POST', SECRETS, { metadata: { name }, stringData: { pin: '1234' } })
      for (const name of [first, second]) {
        const { metadata } = await create(name)
        const { revision, stamp } = await read(secret(options(name)))
        expect([revision, stamp]).toEqual([metadata.resourceVersion, metadata.resourceVersion])
      }
    })
  })
}
