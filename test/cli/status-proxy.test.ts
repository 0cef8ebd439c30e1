import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { must } from '../support/api-server.ts'
import { CliFolder } from '../support/cli.ts'
import type { RunningCli } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'
import { whyNoPodAddresses } from '../support/pod-addresses.ts'
import { ProxiedPods } from '../support/proxied-pods.ts'
import { assetPath, hasApiServer, startRealApiServer } from '../support/real-api-server.ts'
import type { RealApiServer } from '../support/real-api-server.ts'

const TIMEOUT = { timeout: 60_000 }
const ROLES = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'
const reason = hasApiServer ? whyNoPodAddresses() : 'KUBEBUILDER_ASSETS is not set'
if (reason !== undefined) {
  console.warn(
    `!!! SKIPPED: status through the pod proxy of the API server. It needs CAP_NET_ADMIN and ip: ${reason} !!!`,
  )
}

describe.skipIf(reason !== undefined)('hot-config status through the pod proxy of the real API server', TIMEOUT, () => {
  let api: RealApiServer
  let pods: ProxiedPods
  let folder: CliFolder

  beforeAll(async () => {
    api = await startRealApiServer()
    const admin = await readFile(api.kubeconfig, 'utf8')
    folder = await CliFolder.create({ admin, reader: admin.replace(api.adminToken, api.readerToken) })
  }, 90_000)

  afterAll(async () => {
    await api[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })

  beforeEach(() => {
    pods = new ProxiedPods(api)
  })

  afterEach(() => pods[Symbol.asyncDispose]())

  const start = (args: readonly string[] = [], user = 'admin'): RunningCli => {
    const path = `${dirname(assetPath('kubectl'))}:${process.env['PATH']}`
    const env = { KUBECONFIG: `${folder.path}/${user}`, PATH: path }
    return folder.start(['status', '-l', 'app=shop', ...args], { env })
  }

  it('reads the health of each pod, and sees all of them take an update', async () => {
    const configs = [await pods.run('shop-1', { a: 1 }), await pods.run('shop-2', { a: 1 })]
    const before = configs[0]?.health().digest ?? ''
    const same = await start().result
    expect([same.code, same.stderr]).toEqual([0, ''])
    expect(same.stdout).toContain(`2 of 2 pods: ${before}, the last since`)

    const running = start(['--watch', '--after', before])
    await eventually(() => expect(running.output()).toContain(`2 of 2 pods: ${before}`))
    await Promise.all(configs.map((config) => config.set({ a: 2 })))
    expect((await running.result).code).toBe(0)
    expect(running.output()).toContain(`2 of 2 pods: ${configs[0]?.health().digest}`)
  })

  it('says who rejects an update, who does not answer, and who does not run', async () => {
    const config = await pods.run('shop-1', { a: 1 })
    config.reject({ path: 'log.level', message: 'must be one of debug, info' })
    await pods.register('shop-2')
    await pods.register('shop-3', 'Pending')
    const { code, stdout } = await start().result
    expect(stdout).toMatch(/^shop-1 rejects an update: .*log\.level: must be one of debug, info$/m)
    expect(stdout).toMatch(/^shop-2 .*connection refused$/m)
    expect(stdout).toMatch(/^shop-3 is Pending$/m)
    expect(code).toBe(1)
  })

  it('asks the port and the path that are named', async () => {
    await pods.run('shop-1', { a: 1 })
    expect((await start(['--port', 'metrics']).result).stdout).toMatch(/^shop-1 .*connection refused$/m)
    expect((await start(['--port', 'admin']).result).stdout).toMatch(/^shop-1 has no port with the name admin$/m)
    expect((await start(['--port', 'http']).result).code).toBe(0)
    expect((await start(['--port', '3000']).result).code).toBe(0)
    expect((await start(['--path', '/elsewhere']).result).code).toBe(1)
  })

  it('needs to list pods, and to get their proxy, and says so', async () => {
    await pods.run('shop-1', { a: 1 })
    const nothing = await start([], 'reader').result
    expect(nothing.stderr).toMatch(/^hot-config: the pods can't be listed: .*cannot list resource "pods"/)
    expect(nothing.code).toBe(2)

    const allow = (name: string, resource: string, verb: string): Promise<unknown> =>
      Promise.all([
        must(api, 'POST', `${ROLES}/roles`, {
          metadata: { name },
          rules: [{ apiGroups: [''], resources: [resource], verbs: [verb] }],
        }),
        must(api, 'POST', `${ROLES}/rolebindings`, {
          metadata: { name },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'reader' }],
        }),
      ])
    await allow('lists-pods', 'pods', 'list')
    await eventually(async () => {
      expect((await start([], 'reader').result).stdout).toMatch(/^shop-1 .*cannot get resource "pods\/proxy"/m)
    })
    await allow('asks-pods', 'pods/proxy', 'get')
    await eventually(async () => expect((await start([], 'reader').result).code).toBe(0))
  }, 90_000)
})
