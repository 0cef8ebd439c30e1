import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'

import type { HealthReport } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'
import { afterEach, describe, expect, it } from 'vitest'

import { CliFolder } from '../support/cli.ts'
import type { RunningCli } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'
import { assetPath, hasApiServer } from '../support/real-api-server.ts'

/** The API server, as far as pods and their proxy are concerned, behind the real kubectl. */
class FakePods {
  readonly reports = new Map<string, HealthReport | string>()
  /** How many pods were asked at once, at most. */
  maxOpen = 0
  readonly #server: Server
  #open = 0

  constructor() {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://localhost')
      const [, pod] =
        /^\/api\/v1\/namespaces\/shop\/pods\/([\w-]+):3000\/proxy\/config\/health$/.exec(url.pathname) ?? []
      const send = (status: number, body: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(typeof body === 'string' ? body : JSON.stringify(body))
      }
      if (url.pathname === '/api/v1/namespaces/shop/pods' && url.searchParams.get('labelSelector') === 'app=shop') {
        const spec = { containers: [{ ports: [{ containerPort: 9 }, { name: 'http', containerPort: 3000 }] }] }
        const items = Array.from(this.reports.keys(), (name) => ({
          metadata: { name },
          spec,
          status: { phase: 'Running' },
        }))
        return send(200, { items })
      }
      const report = pod === undefined ? undefined : this.reports.get(pod)
      if (report === undefined) return send(404, { kind: 'Status', message: 'not found' })
      this.maxOpen = Math.max(this.maxOpen, ++this.#open)
      setTimeout(() => {
        this.#open--
        if (typeof report === 'string') send(503, { kind: 'Status', status: 'Failure', message: report })
        else send(report.status === 'fail' ? 503 : 200, report)
      }, 5)
    })
  }

  /** The folder with a kubeconfig for it. */
  async start(): Promise<CliFolder> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const server = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    const kubeconfig = {
      clusters: [{ name: 'c', cluster: { server } }],
      contexts: [{ name: 'x', context: { cluster: 'c', namespace: 'shop', user: '' } }],
      'current-context': 'x',
    }
    return CliFolder.create({ kubeconfig: JSON.stringify(kubeconfig) })
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

const reportOf = (value: object): HealthReport => createTestConfig(value).health()

describe.skipIf(!hasApiServer)('hot-config status', () => {
  const cleanups: (() => unknown)[] = []

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup()
  })

  async function fleet(): Promise<{ pods: FakePods; start: (...args: string[]) => RunningCli }> {
    const pods = new FakePods()
    const folder = await pods.start()
    cleanups.push(
      () => pods.close(),
      () => folder[Symbol.asyncDispose](),
    )
    const env = {
      KUBECONFIG: `${folder.path}/kubeconfig`,
      PATH: `${dirname(assetPath('kubectl'))}:${process.env['PATH']}`,
    }
    return { pods, start: (...args) => folder.start(['status', '-l', 'app=shop', ...args], { env }) }
  }

  it('exits with 0 when all pods run the same, and with 1 when they do not', async () => {
    const { pods, start } = await fleet()
    const report = reportOf({ a: 1 })
    for (const name of ['shop-1', 'shop-2', 'shop-3']) pods.reports.set(name, report)
    const same = await start('-n', 'shop').result
    expect([same.code, same.stderr]).toEqual([0, ''])
    expect(same.stdout).toMatch(new RegExp(`^3 of 3 pods: ${report.digest}, the last since`))

    pods.reports.set('shop-3', reportOf({ a: 2 }))
    const different = await start('--json').result
    expect(different.code).toBe(1)
    expect(JSON.parse(different.stdout)).toMatchObject({
      state: 'waiting',
      digest: null,
      pods: [{ pod: 'shop-1' }, {}, {}],
    })
  })

  it('says who rejects an update and why, and who can not be asked', async () => {
    const { pods, start } = await fleet()
    const config = createTestConfig({ a: 1 })
    config.reject({ path: 'log.level', message: 'must be one of debug, info' })
    pods.reports.set('shop-1', config.health())
    pods.reports.set('shop-2', 'connection refused')
    const { code, stdout } = await start().result
    expect(stdout).toMatch(/^shop-1 rejects an update: .*log\.level: must be one of debug, info$/m)
    expect(stdout).toMatch(/^shop-2 connection refused$/m)
    expect(code).toBe(1)
  })

  it('compares pods with a canary among themselves, and shows the canary and the guard of each', async () => {
    const { pods, start } = await fleet()
    const [stable, canary] = [reportOf({ a: 1 }), reportOf({ a: 2 })]
    const ofCanary = { share: 0.07, chosen: true, state: 'serving', digest: 'sha256:c' } as const
    const baking = { state: 'baking', until: '2030-01-01T00:00:00.000Z' } as const
    for (const name of ['shop-1', 'shop-2', 'shop-3']) {
      pods.reports.set(name, { ...stable, canary: { ...ofCanary, chosen: false, state: 'waiting' } })
    }
    for (const name of ['shop-4', 'shop-5']) pods.reports.set(name, { ...canary, canary: ofCanary, guard: baking })
    const text = await start().result
    expect([text.code, text.stderr]).toEqual([0, ''])
    expect(text.stdout).toMatch(`3 of 5 pods: ${stable.digest}, canary of 7 % not chosen, the last since`)
    expect(text.stdout).toMatch(
      new RegExp(`^2 of 5 pods: ${canary.digest}, canary of 7 % serving, guard baking, .* bakes until 2030-`, 'm'),
    )
    const json = JSON.parse((await start('--json').result).stdout) as object
    expect(json).toMatchObject({ state: 'converged', digest: stable.digest, canaryDigest: canary.digest })
    expect(json).toMatchObject({ pods: [{ guard: null }, {}, {}, { canary: ofCanary, guard: baking }, {}] })

    pods.reports.set('shop-5', { ...reportOf({ a: 3 }), canary: ofCanary })
    expect((await start().result).code).toBe(1)
    pods.reports.set('shop-5', { ...stable, canary: { ...ofCanary, state: 'waiting' } })
    expect((await start().result).code).toBe(1)
  })

  it('agrees on the digest of the canary when all pods serve it', async () => {
    const { pods, start } = await fleet()
    const canary = { share: 1, chosen: true, state: 'serving', digest: 'sha256:c' } as const
    const report = reportOf({ a: 2 })
    for (const name of ['shop-1', 'shop-2']) pods.reports.set(name, { ...report, canary })
    const { code, stdout } = await start('--json').result
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ digest: report.digest, canaryDigest: report.digest })
  })

  it('waits with --watch until all pods run another digest than before', async () => {
    const { pods, start } = await fleet()
    const [before, after] = [reportOf({ a: 1 }), reportOf({ a: 2 })]
    for (const name of ['shop-1', 'shop-2']) pods.reports.set(name, before)
    const running = start('--watch', '--after', before.digest ?? '')
    await eventually(() => expect(running.output()).toContain(`2 of 2 pods: ${before.digest}`))
    pods.reports.set('shop-1', after)
    await eventually(() => expect(running.output()).toContain(`1 of 2 pods: ${after.digest}`))
    pods.reports.set('shop-2', after)
    expect((await running.result).code).toBe(0)
    expect(running.output()).toContain(`2 of 2 pods: ${after.digest}`)
  })

  it('ends --watch with 1 at a rejection, and when time is up', async () => {
    const { pods, start } = await fleet()
    pods.reports.set('shop-1', reportOf({ a: 1 }))
    pods.reports.set('shop-2', reportOf({ a: 2 }))
    const late = await start('--watch', '--timeout', '1s').result
    expect([late.code, late.stderr]).toEqual([1, 'hot-config: not all pods agree after 1 s\n'])
    const config = createTestConfig({ a: 1 })
    config.reject({ path: 'a', message: 'is wrong' })
    pods.reports.set('shop-2', config.health())
    expect((await start('--watch').result).code).toBe(1)
  })

  it('asks a bounded number of pods at once, and shows a large fleet on one screen', async () => {
    const { pods, start } = await fleet()
    const report = reportOf({ a: 1 })
    for (let index = 0; index < 300; index++) pods.reports.set(`shop-${index}`, index < 250 ? report : 'refused')
    const { stdout } = await start('--concurrency', '20').result
    expect(pods.maxOpen).toBeGreaterThan(1)
    expect(pods.maxOpen).toBeLessThanOrEqual(20)
    expect(stdout).toContain('250 of 300 pods: ')
    expect(stdout).toContain('and 30 more pods')
    expect(stdout.split('\n').length).toBeLessThan(30)
  })

  it('is a wrong use without access to a cluster', async () => {
    const { start } = await fleet()
    const { code, stderr } = await start('--context', 'other').result
    expect(stderr).toMatch(/no access to a cluster|can't be listed|did not start/)
    expect(code).toBe(2)
  })
})

it('hot-config status says that kubectl is missing', async () => {
  await using folder = await CliFolder.create()
  const { code, stderr } = await folder.run(['status', '-l', 'app=shop'], { env: { PATH: folder.path } })
  expect([code, stderr]).toEqual([2, 'hot-config: there is no access to a cluster: kubectl is not installed\n'])
})
