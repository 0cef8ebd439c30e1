import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { createHotConfig, withCanary } from '@hot-config/core'
import { configMap, configMaps, lastGoodConfigMap, reportEvents, secret } from '@hot-config/kubernetes'
import type { ConnectionOptions } from '@hot-config/kubernetes'
import { beforeAll, describe, expect, it } from 'vitest'

import { CONFIG_MAPS, ask, must } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { follow } from '../support/follow.ts'
import { assetPath } from '../support/real-api-server.ts'
import type { RealApiServer } from '../support/real-api-server.ts'
import { tokenFileIn, useServer } from './support.ts'

const manifests = fileURLToPath(new URL('../../examples/kubernetes', import.meta.url))
const DEFAULT = '/api/v1/namespaces/default'

/** What the manifests of the example come to on a real API server. */
export function manifestsOnServer(startServer: () => Promise<RealApiServer>): void {
  describe('the manifests', () => {
    const used = useServer(startServer)
    let connection: ConnectionOptions
    let podName: string

    const kubectl = async (...words: string[]): Promise<string> => {
      const { stdout } = await promisify(execFile)(
        assetPath('kubectl'),
        ['--kubeconfig', used.server.kubeconfig, ...words],
        {
          timeout: 15_000,
          // what it remembers of servers is of others
          env: { HOME: used.folder },
        },
      )
      return stdout
    }
    const apply = async (yaml: string): Promise<string> => {
      await writeFile(join(used.folder, 'apply.yaml'), yaml)
      return kubectl('apply', '-f', join(used.folder, 'apply.yaml'))
    }
    /** A token as the kubelet mounts it. */
    const tokenOf = async (account: string, pod?: { name: string; uid: string }): Promise<string> => {
      const boundObjectRef = pod && { kind: 'Pod', apiVersion: 'v1', ...pod }
      const spec = { audiences: ['https://kubernetes.default.svc'], ...(boundObjectRef && { boundObjectRef }) }
      const { status } = await must(used.server, 'POST', `${DEFAULT}/serviceaccounts/${account}/token`, { spec })
      return tokenFileIn(used.folder, status.token as string)
    }

    it('are accepted by a real API server in a dry run', async () => {
      const names = [
        'configmap/shop-config',
        'configmap/shop-last-good',
        'serviceaccount/shop',
        'role.rbac.authorization.k8s.io/shop',
      ]
      const all = [...names, 'rolebinding.rbac.authorization.k8s.io/shop', 'deployment.apps/shop']
      const trial = await kubectl('apply', '--dry-run=server', '-k', manifests)
      for (const name of all) expect(trial).toContain(`${name} created (server dry run)`)
      const canary = await kubectl('apply', '--dry-run=server', '-f', join(manifests, 'canary.yaml'))
      expect(canary).toContain('configmap/shop-config-canary created (server dry run)')
    })

    describe('once applied', () => {
      beforeAll(async () => {
        await kubectl('apply', '-k', manifests)
        // there is nobody here who makes pods of deployments
        const { body } = await ask(used.server, 'GET', '/apis/apps/v1/namespaces/default/deployments/shop')
        const { metadata, spec } = body['spec'].template
        podName = 'shop-5f6d8c7b9-abcde'
        const pod = await must(used.server, 'POST', `${DEFAULT}/pods`, {
          metadata: { ...metadata, name: podName },
          spec,
        })
        const tokenFile = await tokenOf('shop', { name: podName, uid: pod['metadata'].uid })
        connection = { ...used.connection(), namespace: 'default', tokenFile }
      })

      it('give the service its ConfigMap, and nothing else', async () => {
        await using config = await createHotConfig({
          sources: configMap({ name: 'shop-config', ...connection }),
          logger: false,
        })
        expect(config.current).toEqual({ log: { level: 'info' }, pool: { max: 10 } })
        await eventually(() => expect(config.health().sources[0]?.watching).toBe('watch'))
        const { signal } = new AbortController()
        for (const source of [
          configMap({ name: 'another', ...connection }),
          secret({ name: 'shop-config', ...connection }),
          configMaps({ labelSelector: 'app=shop', ...connection }),
          configMap({ name: 'shop-config', ...connection, namespace: 'kube-system' }),
        ]) {
          await expect(source.read(signal)).rejects.toMatchObject({ problem: 'forbidden' })
        }
      })

      it('let kubectl describe pod show why a pod rejected an update', async () => {
        await using config = await createHotConfig({
          sources: configMap({ name: 'shop-config', ...connection }),
          schema: (input) => {
            const { pool } = input as { pool: { max: number } }
            if (pool.max > 100) throw new Error('pool.max: expected at most 100')
            return { pool }
          },
          logger: false,
        })
        // the token says which pod this is
        const { namespace: _namespace, ...rest } = connection
        using _reporting = reportEvents(config, { ...rest, minIntervalMs: 50 })
        for (const max of [20, 1_000]) {
          await must(used.server, 'PATCH', `${CONFIG_MAPS}/shop-config`, {
            data: { 'app.yaml': `pool: { max: ${max} }` },
          })
          const reason = max === 20 ? 'ConfigReloaded' : 'ConfigRejected'
          await eventually(async () => expect(await kubectl('describe', 'pod', podName)).toContain(reason))
        }
        const described = await kubectl('describe', 'pod', podName)
        expect(described).toMatch(/Normal +ConfigReloaded .* hot-config +version 2 .* changed: pool\.max/)
        expect(described).toMatch(
          /Warning +ConfigRejected .* hot-config +update rejected.*pool\.max: expected at most 100/,
        )
      })

      it('let the service serve a canary, and start from the last good configuration', async () => {
        const broken = { data: { 'app.yaml': 'pool: [' } }
        const start = () => {
          const stable = configMap({ name: 'shop-config', ...connection })
          const canary = configMap({ name: 'shop-config-canary', required: false, ...connection })
          const lastGood = lastGoodConfigMap({ name: 'shop-last-good', ...connection })
          return follow(withCanary(stable, canary, { identity: podName }), { lastGood })
        }
        await kubectl('apply', '-f', join(manifests, 'config-map.yaml'))
        {
          await using running = await start()
          const { logger, reports } = running
          await eventually(async () => {
            expect(await kubectl('get', 'configmap', 'shop-last-good', '-o', 'yaml')).toContain('max: 10')
          })
          await kubectl('apply', '-f', join(manifests, 'canary.yaml'))
          await reports({ canary: { share: 0.1 } })
          await must(used.server, 'PATCH', `${CONFIG_MAPS}/shop-config-canary`, {
            data: { 'hot-config.share': '100%' },
          })
          await running.serves({ log: { level: 'info' }, pool: { max: 50 } })
          await kubectl('delete', 'configmap', 'shop-config-canary')
          await running.serves({ log: { level: 'info' }, pool: { max: 10 } })
          expect(logger.at('warn').map(({ message }) => message)).toEqual([
            expect.stringContaining('shop-config-canary: there is none'),
          ])
        }
        await must(used.server, 'PATCH', `${CONFIG_MAPS}/shop-config`, broken)
        await using next = await start()
        expect(next.config.health()).toMatchObject({ servedFrom: 'last-good', status: 'warn' })
        expect(next.config.current).toEqual({ log: { level: 'info' }, pool: { max: 10 } })
        // applying the manifests again leaves what was saved
        await kubectl('apply', '-k', manifests)
        expect(await kubectl('get', 'configmap', 'shop-last-good', '-o', 'yaml')).toContain('max: 10')
      })

      it('need only what the message about missing permission says', async () => {
        await must(used.server, 'POST', `${DEFAULT}/serviceaccounts`, { metadata: { name: 'newcomer' } })
        await must(used.server, 'POST', CONFIG_MAPS, { metadata: { name: 'theirs' }, data: { a: '1' } })
        const options = { ...connection, tokenFile: await tokenOf('newcomer') }
        const source = configMap({ name: 'theirs', ...options })
        const { signal } = new AbortController()
        const error = await source.read(signal).catch((error: unknown) => error as Error)
        const message = error instanceof Error ? error.message : ''
        await apply(message.slice(message.indexOf('apiVersion:')))
        await eventually(async () => expect((await source.read(signal)).entries).toHaveLength(1))
      })
    })
  })
}
