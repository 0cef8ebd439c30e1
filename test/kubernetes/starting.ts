import { createHotConfig } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import { configMap, configMaps } from '@hot-config/kubernetes'
import type { ObjectOptions } from '@hot-config/kubernetes'
import { describe, expect, it, vi } from 'vitest'

import type { ApiServer } from '../support/api-server.ts'
import { createCertificate } from '../support/certificate.ts'
import { follow } from '../support/follow.ts'
import { loadError } from '../support/load-error.ts'
import { wholeError } from '../support/outward.ts'
import { TestConfigMap, tokenFileIn, useServer } from './support.ts'

/** How a source of the API starts, and the errors when it can't, the same on every API server. */
export function starting(startServer: () => Promise<ApiServer>): void {
  const used = useServer(startServer)
  const connection = (): Omit<ObjectOptions, 'name'> => ({ ...used.connection(), startTimeoutMs: 2_000 })
  const options = (name: string): ObjectOptions => ({ name, ...connection() })
  const failure = (source: Source): Promise<Error> => loadError(createHotConfig({ sources: source, logger: false }))
  const message = async (source: Source): Promise<string> => (await failure(source)).message

  // at the same time, since each takes as long as a start may
  describe.concurrent("a source of the API that can't start", () => {
    it('names the object that does not exist', async () => {
      expect(await message(configMap(options('nothing')))).toBe(
        "configMap:default/nothing: can't be read: there is no ConfigMap nothing in namespace default (404)",
      )
    })

    it('names the labels that no object has', async () => {
      const text = await message(configMaps({ ...connection(), labelSelector: 'app=nothing' }))
      expect(text).toMatch("can't be read: there is no ConfigMap with the labels app=nothing in namespace default")
    })

    it('names the permission that is missing, with the Role that grants it', async () => {
      const text = await message(configMap({ ...options('app'), namespace: 'elsewhere' }))
      expect(text).toMatch(/^configMap:elsewhere\/app: can't be read: the API server forbids it \(403\)/)
      expect(text.slice(text.indexOf('apiVersion'))).toBe(
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

    it('reports a token that is not accepted, without showing it', async () => {
      const source = configMap({ ...options('app'), tokenFile: await tokenFileIn(used.folder, 'wrong-token') })
      const error = await failure(source)
      expect(error.message).toMatch(/does not accept the credentials \(401\)/)
      expect(wholeError(error)).not.toContain('wrong-token')
    })

    it.each<[string, () => Partial<ObjectOptions>]>([
      ['no token', () => ({ tokenFile: undefined })],
      ['credentials() without headers', () => ({ credentials: async () => ({ tls: { rejectUnauthorized: false } }) })],
    ])('asks for credentials, and for no Role, with %s', async (_what, without) => {
      const text = await message(configMap({ ...options('app'), ...without() }))
      // a server that knows anonymous users forbids it, others accept no request without credentials
      expect(text).toMatch(/\(403\).*\nThe request had no credentials: give `tokenFile`|\(401\): .*there is none/)
      expect(text).not.toContain('kind: Role')
    })

    it('names the token file that does not exist', async () => {
      expect(await message(configMap({ ...options('app'), tokenFile: '/nowhere/token' }))).toMatch(
        "the file with the token, /nowhere/token, can't be read: ENOENT",
      )
    })

    it('names the server that does not answer', async () => {
      expect(await message(configMap({ ...options('app'), server: 'https://127.0.0.1:1' }))).toMatch(
        "the API server https://127.0.0.1:1 can't be reached: connect ECONNREFUSED",
      )
    })

    it('reports a server that is not trusted', async () => {
      const { caFile } = createCertificate(used.folder)
      expect(await message(configMap({ ...options('app'), caFile }))).toMatch(/can't be trusted: .*certificate.*caFile/)
    })

    it('names no file where credentials() says which server is trusted', async () => {
      const credentials = async (): Promise<object> => ({ headers: { authorization: 'Bearer token' } })
      expect(await message(configMap({ ...options('app'), credentials }))).toMatch(
        /can't be trusted: .*; give the certificates of its CA in `tls\.ca` of `credentials\(\)`, or in the kubeconfig, and/,
      )
    })

    it('reports a CA file that holds no certificate', async () => {
      const caFile = await tokenFileIn(used.folder, '-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n')
      expect(await message(configMap({ ...options('app'), caFile }))).toMatch(/can't be trusted: .*caFile/)
    })

    it('reports that there are no credentials', async () => {
      const credentials = async (): Promise<never> => {
        throw new Error('the command is not there')
      }
      expect(await message(configMap({ ...options('app'), credentials }))).toMatch(
        'there are no credentials for the API server: the command is not there',
      )
    })

    it.each([
      [{ name: 'No Name' }, 'name: expected the name of a ConfigMap'],
      [{ name: 'app', server: 'http://127.0.0.1' }, 'server: expected a URL that begins with https://'],
      [{ name: 'app', namespace: '..' }, 'namespace: expected the name of a namespace'],
      [{ name: 'app', namespace: 'Shop' }, 'namespace: expected the name of a namespace'],
      [{ name: 'app', namespace: 'shop/prod' }, 'namespace: expected the name of a namespace'],
      [{ name: 'app', startTimeoutMs: -1 }, 'startTimeoutMs: expected a number of milliseconds'],
      [{ name: 'app', key: 'a' }, 'key: unknown option (did you mean "keys"?); there are name, keys,'],
    ])('rejects invalid options: %o', (options, message) => {
      expect(() => configMap(options)).toThrow(message)
    })

    it('ignores an option that is undefined', () => {
      const given = { ...options('app'), key: undefined }
      expect(() => configMap(given)).not.toThrow()
    })

    it('reports that there is no API server to ask', async () => {
      vi.stubEnv('KUBERNETES_SERVICE_HOST', '')
      const source = configMap({ name: 'app', startTimeoutMs: 100 })
      vi.unstubAllEnvs()
      expect(await message(source)).toMatch(/there is no API server to ask: .*fromKubeConfig/)
    })
  })

  describe.concurrent('a source of the API that starts before its object exists', () => {
    it('waits for an object that is required', async () => {
      const map = new TestConfigMap(used.server)
      const starting = createHotConfig({
        sources: configMap({ ...options(map.name), startTimeoutMs: 10_000 }),
        logger: false,
      })
      await map.create()
      await using config = await starting
      expect(config.current).toEqual({ count: 1 })
    })

    it('starts without an object that is not required, and serves it when it is created', async () => {
      const map = new TestConfigMap(used.server)
      const source = configMap({ ...options(map.name), required: false })
      await using running = await follow(source)
      const { config } = running
      expect(config.current).toEqual({})
      expect(config.health().sources[0]).toMatchObject({ revision: 'none', updatable: true })
      expect(config.health().sources[0]?.warnings.join()).toMatch(/there is none/)
      await map.create()
      await running.serves({ count: 1 })
    })
  })
}
