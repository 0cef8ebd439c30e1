import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { createHotConfig, startHotConfig, values, withFallback } from '@hot-config/core'
import { configMap, configMaps, fromKubeConfig } from '@hot-config/kubernetes'
import type { ObjectOptions } from '@hot-config/kubernetes'
import { KubeConfig } from '@kubernetes/client-node'
import { describe, expect, it, vi } from 'vitest'

import type { ApiServer } from '../support/api-server.ts'
import { createCertificate } from '../support/certificate.ts'
import { eventually } from '../support/eventually.ts'
import { loadError } from '../support/load-error.ts'
import { useFaultyServer } from './faulty-server.ts'
import { FAST, freshName, tokenFileIn } from './support.ts'

/** A start that nothing can help ends long before that. */
const START_TIMEOUT_MS = 60_000

/** Which starts fail at once, and what the others wait for, the same on every API server. */
export function hopelessStarts(startServer: () => Promise<ApiServer>): void {
  const used = useFaultyServer(startServer)
  const options = (more: Partial<ObjectOptions> = {}): ObjectOptions => ({
    ...used.proxied(),
    timing: FAST,
    startTimeoutMs: START_TIMEOUT_MS,
    ...more,
  })
  const tokenFile = (text: string): Promise<string> => tokenFileIn(used.folder, text)
  const kubeConfigWith = (user: object): KubeConfig => {
    const { url, caFile } = used.proxy
    const kubeConfig = new KubeConfig()
    kubeConfig.loadFromOptions({
      clusters: [{ name: 'test', server: url, caFile, skipTLSVerify: false }],
      users: [{ name: 'test', ...user }],
      contexts: [{ name: 'test', cluster: 'test', user: 'test', namespace: 'default' }],
      currentContext: 'test',
    })
    return kubeConfig
  }

  const hopeless: readonly [string, () => Promise<Partial<ObjectOptions>>, RegExp][] = [
    [
      'a token file that does not exist',
      async () => ({ tokenFile: '/nowhere/token' }),
      /token, \/nowhere\/token.*ENOENT/,
    ],
    ['a CA file that does not exist', async () => ({ caFile: '/nowhere/ca.crt' }), /certificates, \/nowhere\/.*ENOENT/],
    [
      'a folder in place of a token file',
      async () => {
        const folder = join(used.folder, freshName())
        await mkdir(folder)
        return { tokenFile: folder }
      },
      /file with the token, .*regular file/,
    ],
    ['an empty token file', async () => ({ tokenFile: await tokenFile(' \n') }), /file with the token, .*empty/],
    [
      'a token that no header can carry',
      async () => ({ tokenFile: await tokenFile('reader\u0000token') }),
      /the credentials can't be sent: a header contains a character/,
    ],
    ['the CA of another server', async () => ({ caFile: createCertificate(used.folder).caFile }), /can't be trusted/],
    ['a CA file without a certificate', async () => ({ caFile: await tokenFile('none') }), /can't be trusted/],
    ['a server of another name', async () => ({ server: used.proxy.url.replace('127.0.0.1', 'localhost') }), /trusted/],
    [
      'a command of the kubeconfig that is not installed',
      async () => fromKubeConfig(kubeConfigWith({ exec: { command: '/nowhere/command', args: [] } })),
      /there are no credentials .*\/nowhere\/command ENOENT/,
    ],
    [
      'credentials() that returns none',
      async () => ({ credentials: async () => undefined as never }),
      /expected an object with `headers`, `tls` or `agent` from `credentials\(\)`/,
    ],
  ]

  describe('a start that can not succeed', () => {
    it.each(hopeless)('fails at once with %s', async (_what, wrong, why) => {
      const { credentials, ...more } = await wrong()
      const source = configMap(options({ ...more, ...(credentials && { credentials }) }))
      const startedAt = performance.now()
      const error = await loadError(createHotConfig({ sources: source, logger: false }))
      expect(error.message).toMatch(why)
      expect(performance.now() - startedAt).toBeLessThan(START_TIMEOUT_MS / 10)
    })

    it('has its fallback serve at once', async () => {
      const first = configMap(options({ tokenFile: '/nowhere/token' }))
      const sources = withFallback(first, values({ from: 'fallback' }), { patienceMs: START_TIMEOUT_MS })
      const startedAt = performance.now()
      await using config = await createHotConfig({ sources, logger: false })
      expect(performance.now() - startedAt).toBeLessThan(START_TIMEOUT_MS / 10)
      expect(config.current).toEqual({ from: 'fallback' })
      expect(config.health().sources[0]?.warnings.join()).toMatch(/serves in place of .*\/nowhere\/token/)
    })

    it('fails at once without an API server', async () => {
      vi.stubEnv('KUBERNETES_SERVICE_HOST', '')
      const source = configMap({ name: 'app' })
      vi.unstubAllEnvs()
      const error = await loadError(createHotConfig({ sources: source, logger: false }))
      expect(error.message).toMatch(/there is no API server to ask: KUBERNETES_SERVICE_HOST is not set/)
    })

    it('fails at once with labels that are no selector', async () => {
      const { name: _name, ...rest } = options()
      const source = configMaps({ ...rest, labelSelector: 'app in (' })
      const error = await loadError(createHotConfig({ sources: source, logger: false }))
      expect(error.message).toMatch(/answered 400/)
    })

    it('shows nothing of a token that is not JSON', async () => {
      const exec = { command: 'sh', args: ['-c', 'echo s3cr3t-token'] }
      const source = configMap(options({ ...fromKubeConfig(kubeConfigWith({ exec })), startTimeoutMs: 300 }))
      const error = await loadError(createHotConfig({ sources: source, logger: false }))
      expect(error.message).toMatch('there are no credentials for the API server')
      expect(error.message).not.toContain('s3cr3t')
    })
  })

  const waitable: readonly [string, () => void | Promise<void>, RegExp, () => void | Promise<void>][] = [
    [
      'permission',
      () => void (used.proxy.instead = { status: 403, body: '{"kind":"Status","code":403}' }),
      /\(403\)[^]*kind: Role\n/,
      () => void (used.proxy.instead = undefined),
    ],
    [
      'a token that the server accepts',
      () => void (used.proxy.instead = { status: 401 }),
      /\(401\)/,
      () => void (used.proxy.instead = undefined),
    ],
    [
      'a server that starts',
      () => void (used.proxy.instead = { status: 503 }),
      /answered 503/,
      () => void (used.proxy.instead = undefined),
    ],
    [
      'a page of a load balancer to go away',
      () => void (used.proxy.instead = { status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>404' }),
      /\(404\)/,
      () => void (used.proxy.instead = undefined),
    ],
    [
      'the object',
      () => used.map.remove(),
      /there is no ConfigMap app-\S+ in namespace default/,
      () => used.map.create(),
    ],
    [
      'an answer',
      () => used.proxy.stall(),
      /waits for an answer of https:|no answer within/,
      () => used.proxy.resume(),
    ],
    ['a connection', () => used.server.kill(), /can't be reached/, () => used.server.start()],
  ]

  describe('a start that may still succeed', () => {
    it.each(waitable)('waits for %s, and says so', async (_what, spoil, why, heal) => {
      await spoil()
      const { config, ready } = startHotConfig({
        sources: configMap(options({ timing: { ...FAST, requestTimeoutMs: 500 } })),
        logger: false,
      })
      await using _config = config
      await eventually(() => {
        const warnings = config.health().sources[0]?.warnings.join() ?? ''
        expect(warnings).toMatch(/not read yet, tries until \d{4}-.*Z: /)
        expect(warnings).toMatch(why)
      })
      await heal()
      await ready
      await eventually(() => expect(config.health().sources[0]).toMatchObject({ watching: 'watch', warnings: [] }))
    })

    it('waits for an address to be known, and says so', async () => {
      const source = configMap(options({ server: 'https://nowhere.invalid', startTimeoutMs: 300 }))
      const error = await loadError(createHotConfig({ sources: source, logger: false }))
      expect(error.message).toMatch(/https:\/\/nowhere.invalid can't be reached: getaddrinfo (ENOTFOUND|EAI_AGAIN)/)
    })
  })
}
