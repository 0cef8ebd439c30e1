import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHotConfig, volume, withFallback } from '@hot-config/core'
import type { HealthReport, Reading, Source } from '@hot-config/core'
import { configMap, configMaps, fromKubeConfig, secret } from '@hot-config/kubernetes'
import type { ObjectOptions } from '@hot-config/kubernetes'
import { createConfigMapVolume, sourceContract } from '@hot-config/testing'
import { KubeConfig } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { CONFIG_MAPS, SECRETS, must } from '../support/api-server.ts'
import type { ApiServer } from '../support/api-server.ts'
import { createCertificate } from '../support/certificate.ts'
import { eventually } from '../support/eventually.ts'
import { startFaultyProxy } from '../support/faulty-proxy.ts'
import { outwardText, wholeError } from '../support/outward.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { FAST, TestConfigMap, freshName, tokenFileIn } from './followed.ts'

/** How a source of the API starts, what it reads and what it says when it can't, the same on every API server. */
export function starting(startServer: () => Promise<ApiServer>): void {
  let server: ApiServer
  let folder: string
  let tokenFile: string

  beforeAll(async () => {
    server = await startServer()
    folder = await mkdtemp(join(tmpdir(), 'starting-'))
    tokenFile = await tokenFileIn(folder, server.readerToken)
  })
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  const options = (name: string): ObjectOptions => ({
    name,
    server: server.url,
    caFile: server.caFile,
    tokenFile,
    startTimeoutMs: 2_000,
    timing: FAST,
  })
  const connection = (): Omit<ObjectOptions, 'name'> => {
    const { name: _name, ...rest } = options('none')
    return rest
  }
  const read = (source: Source): Promise<Reading> => source.read(new AbortController().signal)
  const bytes = ({ entries }: Reading): Record<string, string> =>
    Object.fromEntries(
      entries.flatMap((entry) => ('bytes' in entry ? [[entry.key, Buffer.from(entry.bytes).toString('latin1')]] : [])),
    )
  /** Why it does not start. */
  const failure = async (source: Source): Promise<string> => {
    const result = createHotConfig({ sources: source, logger: false })
    return result.then(
      () => 'it started',
      (error: Error) => error.message,
    )
  }

  describe('a ConfigMap of the API', () => {
    sourceContract({
      describe,
      it,
      factory: async () => {
        const map = new TestConfigMap(server)
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

    it('gives what a volume would have as files, text and bytes', async () => {
      const name = freshName()
      const binaryData = { 'logo.bin': Buffer.from([0, 255, 128]).toString('base64') }
      const data = { 'app.yaml': 'greeting: Grüße\n', 'log.level': 'info' }
      const body = await must(server, 'POST', CONFIG_MAPS, { metadata: { name }, data, binaryData })
      const reading = await read(configMap(options(name)))
      expect(reading.revision).toBe(body['metadata'].resourceVersion)
      expect(bytes(reading)).toEqual({
        'app.yaml': Buffer.from('greeting: Grüße\n').toString('latin1'),
        'log.level': 'info',
        'logo.bin': '\x00\xff\x80',
      })
    })

    it('gives nothing when it is empty', async () => {
      const name = freshName()
      await must(server, 'POST', CONFIG_MAPS, { metadata: { name } })
      expect(bytes(await read(configMap(options(name))))).toEqual({})
    })

    it('gives the keys that are asked for, and misses those that are not there', async () => {
      const name = freshName()
      await must(server, 'POST', CONFIG_MAPS, { metadata: { name }, data: { a: '1', b: '2', c: '3' } })
      expect(bytes(await read(configMap({ ...options(name), keys: ['a', 'c'] })))).toEqual({ a: '1', c: '3' })
      await expect(read(configMap({ ...options(name), keys: ['a', 'x'] }))).rejects.toThrow(
        'it has no x; its keys are a, b, c',
      )
      expect(bytes(await read(configMap({ ...options(name), keys: ['a', 'x'], required: false })))).toEqual({ a: '1' })
    })

    it('takes the connection of a kubeconfig', async () => {
      const name = freshName()
      await must(server, 'POST', CONFIG_MAPS, { metadata: { name }, data: { a: '1' } })
      const kubeConfig = new KubeConfig()
      kubeConfig.loadFromOptions({
        clusters: [{ name: 'test', server: server.url, caFile: server.caFile, skipTLSVerify: false }],
        users: [{ name: 'test', token: server.readerToken }],
        contexts: [{ name: 'test', cluster: 'test', user: 'test', namespace: 'default' }],
        currentContext: 'test',
      })
      expect(bytes(await read(configMap({ name, ...fromKubeConfig(kubeConfig) })))).toEqual({ a: '1' })
      const trusting = new KubeConfig()
      trusting.loadFromOptions({
        clusters: [{ name: 'test', server: server.url, skipTLSVerify: true }],
        users: [{ name: 'test', token: server.readerToken }],
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
      return must(server, 'POST', CONFIG_MAPS, { metadata: { name, labels: { app }, annotations }, data })
    }

    it('are merged by annotation, then by name, and followed', async () => {
      const app = freshName()
      await add(`${app}-c`, undefined, { 'app.json': '{"from":"c","c":1}' }, app)
      await add(`${app}-b`, '10', { 'app.json': '{"from":"b","b":1}' }, app)
      await add(`${app}-d`, '-1', { 'app.json': '{"from":"d","d":1}' }, app)
      await add(`${app}-a`, '10', { 'app.json': '{"from":"a","a":1}' }, app)
      await add(`${app}-other`, '99', { 'app.json': '{"from":"other"}' }, `${app}-other`)
      const sources = configMaps({ ...connection(), labelSelector: `app=${app}` })
      await using config = await createHotConfig({ sources, logger: false })
      expect(config.current).toEqual({ from: 'b', a: 1, b: 1, c: 1, d: 1 })
      await must(server, 'DELETE', `${CONFIG_MAPS}/${app}-b`)
      await eventually(() => expect(config.current).toEqual({ from: 'a', a: 1, c: 1, d: 1 }))
      await must(server, 'PATCH', `${CONFIG_MAPS}/${app}-c`, {
        metadata: { annotations: { 'hot-config/order': '20' } },
      })
      await eventually(() => expect(config.current).toMatchObject({ from: 'c' }))
      await must(server, 'PATCH', `${CONFIG_MAPS}/${app}-c`, { metadata: { labels: { app: 'elsewhere' } } })
      await eventually(() => expect(config.current).toEqual({ from: 'a', a: 1, d: 1 }))
      await add(`${app}-e`, '30', { 'app.json': '{\n  "from": "e' }, app)
      await eventually(() => expect(config.health().lastRejection).toMatchObject({ source: sources.name }))
      expect(config.health().lastRejection?.message).toContain(`${app}-e/app.json:2`)
      await must(server, 'DELETE', `${CONFIG_MAPS}/${app}-e`)
      await eventually(() => expect(config.health().status).toBe('pass'))
      for (const name of ['a', 'd']) await must(server, 'DELETE', `${CONFIG_MAPS}/${app}-${name}`)
      await eventually(() => expect(config.health().status).toBe('warn'))
      expect(config.current).toMatchObject({ d: 1 })
    })
  })

  describe('a ConfigMap of the API with mounted files to fall back to', () => {
    it('starts from the files, hands over to the API, and back for what only the files get', async () => {
      await using mounted = await createConfigMapVolume()
      const map = new TestConfigMap(server)
      await mounted.update({ 'app.json': '{"count":0}' })
      const file = await tokenFileIn(folder, 'not-yet-valid')
      await using proxy = await startFaultyProxy(() => server.url, createCertificate(folder))
      const at = { server: proxy.url, caFile: proxy.caFile, tokenFile: file }
      const first = configMap({ ...options(map.name), ...at })
      const sources = withFallback(first, volume(mounted.path), { patienceMs: 500 })
      await using config = await createHotConfig({ sources, logger: false })
      expect(config.current).toEqual({ count: 0 })
      const health = (): HealthReport['sources'][number] | undefined => config.health().sources[0]
      expect(health()).toMatchObject({ name: `volume:${mounted.path}`, watching: 'inotify' })
      expect(health()?.warnings.join('\n')).toMatch(/serves in place of configMap:.*\n.*\(401\)/)

      await map.create()
      await writeFile(file, server.readerToken)
      await eventually(() => expect(config.current).toEqual({ count: 1 }))
      await eventually(() => expect(health()).toMatchObject({ name: first.name, watching: 'watch', warnings: [] }))

      await writeFile(file, 'no-longer-valid')
      proxy.cut()
      await eventually(() => expect(config.health().status).toBe('warn'))
      expect([config.current, health()?.name]).toEqual([{ count: 1 }, first.name])
      await mounted.update({ 'app.json': '{"count":2}' })
      await eventually(() => expect(config.current).toEqual({ count: 2 }))
      expect(health()).toMatchObject({ name: `volume:${mounted.path}`, updatable: true })

      await map.update()
      await writeFile(file, server.readerToken)
      await map.update()
      await eventually(() => expect(config.current).toEqual({ count: 3 }))
      await eventually(() => expect(health()).toMatchObject({ name: first.name, watching: 'watch', warnings: [] }))
    })
  })

  describe('a Secret of the API', () => {
    it('is decoded, and nothing of it is ever shown', async () => {
      const name = freshName()
      const stringData = { 'db.password': 'hunter2-hunter2', 'extra.json': '{"deep":{"key":"s3cr3t-s3cr3t"}}' }
      await must(server, 'POST', SECRETS, { metadata: { name }, stringData })
      const logger = recordingLogger()
      await using config = await createHotConfig({
        sources: secret(options(name)),
        logger,
        schema: (input) => {
          const value = input as Record<string, any>
          if (value['deep'].key.includes('s3cr3t') && value['deep'].key !== 's3cr3t-s3cr3t')
            throw new Error(`bad ${value['deep'].key}`)
          return value
        },
      })
      expect(config.current).toEqual({ db: { password: 'hunter2-hunter2' }, deep: { key: 's3cr3t-s3cr3t' } })
      const path = `${SECRETS}/${name}`
      await must(server, 'PATCH', path, {
        stringData: undefined,
        data: { 'db.password': Buffer.from('hunter3-hunter3').toString('base64') },
      })
      await eventually(() => expect(config.current['db'].password).toBe('hunter3-hunter3'))
      const bad = Buffer.from('{"deep":{"key":"other-s3cr3t"}}').toString('base64')
      await must(server, 'PATCH', path, { data: { 'extra.json': bad } })
      await eventually(() => expect(config.health().status).toBe('warn'))
      expect(outwardText(config as never, logger)).not.toMatch(/hunter|s3cr3t|reader-token/)
    })
  })

  // at the same time, since each takes as long as a start may
  describe.concurrent('a source of the API that can not start', () => {
    it('tells of an object that is not there', async () => {
      expect(await failure(configMap(options('nothing')))).toBe(
        "configMap:default/nothing: can't be read: there is no ConfigMap nothing in namespace default (404)",
      )
    })

    it('tells of labels that no object has', async () => {
      const message = await failure(configMaps({ ...connection(), labelSelector: 'app=nothing' }))
      expect(message).toMatch("can't be read: there is no ConfigMap with the labels app=nothing in namespace default")
    })

    it('tells of permission that is missing, with the rule that gives it', async () => {
      const message = await failure(configMap({ ...options('app'), namespace: 'elsewhere' }))
      expect(message).toMatch(/^configMap:elsewhere\/app: can't be read: the API server forbids it \(403\)/)
      expect(message.slice(message.indexOf('apiVersion'))).toBe(
        [
          'apiVersion: rbac.authorization.k8s.io/v1',
          'kind: Role',
          'metadata: { name: hot-config-configmaps-app, namespace: elsewhere }',
          'rules:',
          '  - apiGroups: [""]',
          '    resources: ["configmaps"]',
          '    resourceNames: ["app"]',
          '    verbs: ["list", "watch"]',
          '---',
          'apiVersion: rbac.authorization.k8s.io/v1',
          'kind: RoleBinding',
          'metadata: { name: hot-config-configmaps-app, namespace: elsewhere }',
          'roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: hot-config-configmaps-app }',
          'subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: User, name: "reader" }]',
        ].join('\n'),
      )
    })

    it('tells of a token that is not accepted, without showing it', async () => {
      const source = configMap({ ...options('app'), tokenFile: await tokenFileIn(folder, 'wrong-token') })
      const error = await createHotConfig({ sources: source, logger: false }).catch((error: unknown) => error)
      expect((error as Error).message).toMatch(/does not accept the credentials \(401\)/)
      expect(wholeError(error)).not.toContain('wrong-token')
    })

    it('tells of a token file that is not there', async () => {
      expect(await failure(configMap({ ...options('app'), tokenFile: '/nowhere/token' }))).toMatch(
        "the file with the token, /nowhere/token, can't be read: ENOENT",
      )
    })

    it('tells of a server that does not answer', async () => {
      expect(await failure(configMap({ ...options('app'), server: 'https://127.0.0.1:1' }))).toMatch(
        "the API server https://127.0.0.1:1 can't be reached: connect ECONNREFUSED",
      )
    })

    it('tells of a server that is not trusted', async () => {
      const { caFile } = createCertificate(folder)
      expect(await failure(configMap({ ...options('app'), caFile }))).toMatch(/can't be trusted: .*certificate.*caFile/)
    })

    it('tells of a CA file that holds no certificate', async () => {
      const caFile = await tokenFileIn(folder, '-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n')
      expect(await failure(configMap({ ...options('app'), caFile }))).toMatch(/can't be trusted: .*caFile/)
    })

    it('tells that there are no credentials', async () => {
      const credentials = async (): Promise<never> => {
        throw new Error('the command is not there')
      }
      expect(await failure(configMap({ ...options('app'), credentials }))).toMatch(
        'there are no credentials for the API server: the command is not there',
      )
    })

    it.each([
      [{ name: 'No Name' }, 'name: expected the name of a ConfigMap'],
      [{ name: 'app', server: 'http://127.0.0.1' }, 'server: expected a URL that begins with https://'],
      [{ name: 'app', startTimeoutMs: -1 }, 'startTimeoutMs: expected a number of milliseconds'],
      [{ name: 'app', key: 'a' }, 'key: unknown option (did you mean "keys"?); there are name, keys,'],
    ])('refuses options that make no sense: %o', (options, message) => {
      expect(() => configMap(options)).toThrow(message)
    })

    it('takes an option that is undefined for not given', () => {
      const given = { ...options('app'), key: undefined }
      expect(() => configMap(given)).not.toThrow()
    })

    it('tells that there is no API server to ask', async () => {
      vi.stubEnv('KUBERNETES_SERVICE_HOST', '')
      const source = configMap({ name: 'app', startTimeoutMs: 100 })
      vi.unstubAllEnvs()
      expect(await failure(source)).toMatch(/there is no API server to ask: .*fromKubeConfig/)
    })

    it('waits for what is required, as long as it may', async () => {
      const map = new TestConfigMap(server)
      const starting = createHotConfig({
        sources: configMap({ ...options(map.name), startTimeoutMs: 10_000 }),
        logger: false,
      })
      await map.create()
      await using config = await starting
      expect(config.current).toEqual({ count: 1 })
    })

    it('starts without what is not required, and takes it when it comes', async () => {
      const map = new TestConfigMap(server)
      const source = configMap({ ...options(map.name), required: false })
      await using config = await createHotConfig({ sources: source, logger: false })
      expect(config.current).toEqual({})
      expect(config.health().sources[0]).toMatchObject({ revision: 'none', updatable: true })
      expect(config.health().sources[0]?.warnings.join()).toMatch(/there is none/)
      await map.create()
      await eventually(() => expect(config.current).toEqual({ count: 1 }))
    })
  })
}
