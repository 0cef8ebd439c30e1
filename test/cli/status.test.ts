import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'

import type { HealthReport } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'
import { afterEach, describe, expect, it } from 'vitest'

import { CLI, CliFolder, runCli } from '../support/cli.ts'
import type { RunningCli } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'
import { FakePods } from '../support/fake-pods.ts'
import { assetPath, hasApiServer } from '../support/real-api-server.ts'

const reportOf = (value: object): HealthReport => createTestConfig(value).health()

describe.skipIf(!hasApiServer)('hot-config status', () => {
  const cleanups: (() => unknown)[] = []

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup()
  })

  interface Fleet {
    readonly pods: FakePods
    readonly env: Record<string, string>
    readonly start: (...args: string[]) => RunningCli
  }

  async function fleet(): Promise<Fleet> {
    const pods = new FakePods()
    const folder = await CliFolder.create({ kubeconfig: await pods.start() })
    cleanups.push(
      () => pods.close(),
      () => folder[Symbol.asyncDispose](),
    )
    const env = {
      KUBECONFIG: `${folder.path}/kubeconfig`,
      PATH: `${dirname(assetPath('kubectl'))}:${process.env['PATH']}`,
    }
    return { pods, env, start: (...args) => folder.start(['status', '-l', 'app=shop', ...args], { env }) }
  }

  it('says of each pod that is no health report what it answers', async () => {
    const { pods, start } = await fleet()
    const answers: Record<string, readonly [number, string]> = {
      'shop-1': [401, ''],
      'shop-2': [302, ''],
      'shop-3': [500, '<h1>oops</h1>'],
      'shop-4': [404, '{"message":"Cannot GET /config/health","statusCode":404}'],
      'shop-5': [200, ''],
      'shop-6': [200, '{"status":"pass"}'],
      'shop-7': [503, '{"status":"fail"}'],
      'shop-8': [503, '{"kind":"Status","message":"no endpoints"}'],
    }
    for (const [name, answer] of Object.entries(answers)) pods.reports.set(name, answer)
    const { code, stdout } = await start().result
    const hidden = 'shows only the status, because the option health.details hides the report'
    expect([code, stdout.split('\n').toSorted()]).toEqual([
      1,
      [
        '',
        '8 of 8 pods: no known configuration',
        'shop-1 /config/health answers 401',
        'shop-2 /config/health answers 302',
        'shop-3 /config/health answers 500: <h1>oops</h1>',
        'shop-4 /config/health answers 404: Cannot GET /config/health',
        'shop-5 /config/health is no health report',
        `shop-6 /config/health ${hidden}`,
        `shop-7 /config/health ${hidden}`,
        'shop-8 no endpoints',
      ],
    ])
  })

  it.each([
    ['the kubeconfig is missing', [], { KUBECONFIG: '/gone' }],
    ['the context does not exist', ['--context', 'gone'], {}],
  ])('says how to choose a context when %s', async (_, args, given) => {
    const { env } = await fleet()
    const { code, stderr } = await runCli(['status', '-l', 'app=shop', ...args], { env: { ...env, ...given } })
    expect(stderr).toMatch(
      /^hot-config: there is no access to a cluster: [a-z].*context.*\. kubectl config get-contexts/,
    )
    expect(stderr).toContain('and --context chooses one\n')
    expect(code).toBe(2)
  })

  it.each([
    ['--path', 'config/health', /Expected a path such as \/config\/health/],
    ['--path', 'http://shop/config/health', /Expected a path/],
    ['--port', '0', /Expected the name of a port, or a number/],
    ['--port', '65536', /Expected the name of a port, or a number/],
  ])('rejects %s %s, which no pod can have', async (option, value, message) => {
    for (const command of [['status'], ['rollout', 'shop', '--from', 'new.yaml']]) {
      const { code, stderr } = await runCli([...command, '-l', 'app=shop', option, value])
      expect([code, stderr]).toEqual([2, expect.stringMatching(message)])
    }
  })

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

  it('takes a source that never changes for no fault, unlike one that no update reaches', async () => {
    const { pods, start } = await fleet()
    const source = { revision: null, watching: 'nothing', updatable: false } as const
    const never = { ...source, name: 'env:APP_*', warnings: [] }
    const stuck = { ...source, name: 'volume:/etc/config', warnings: ['subPath'] }
    pods.reports.set('shop-1', { ...reportOf({ a: 1 }), sources: [never] })
    pods.reports.set('shop-2', { ...reportOf({ a: 1 }), sources: [never, stuck] })
    const { stdout } = await start().result
    expect(stdout.split('\n').slice(1)).toEqual(["shop-2 can't be updated: volume:/etc/config: subPath", ''])
  })

  it('lists first who rejects an update, and then who runs something else, where not all fit', async () => {
    const { pods, start } = await fleet()
    const config = createTestConfig({ a: 1 })
    const same = config.health()
    config.reject('no')
    const sources = [{ name: 'file:a', revision: null, watching: 'nothing', updatable: false, warnings: ['stuck'] }]
    for (let index = 10; index < 40; index++) pods.reports.set(`shop-${index}`, { ...same, sources })
    pods.reports.set('shop-40', { ...reportOf({ a: 2 }), sources })
    pods.reports.set('shop-41', config.health())
    const { stdout } = await start().result
    const [, , first, second, third] = stdout.split('\n')
    expect(first).toMatch(/^shop-41 rejects an update: .*no$/)
    expect([second, third].map((line) => line?.split(' ')[0])).toEqual(['shop-40', 'shop-10'])
    expect(stdout).toContain('and 12 more pods')
  })

  it('ends a round of --watch as well when time is up, and names the pods that did not answer', async () => {
    const { pods, start } = await fleet()
    pods.reports.set('shop-1', reportOf({ a: 1 }))
    for (const name of ['shop-2', 'shop-3', 'shop-4']) pods.reports.set(name, undefined)
    const began = performance.now()
    const late = await start('--watch', '--timeout', '2s', '--concurrency', '1').result
    expect([late.code, late.stderr]).toEqual([1, 'hot-config: not all pods agree after 2 s\n'])
    expect(late.stdout.match(/^shop-\d no answer within 2 s$/gm)).toHaveLength(3)
    expect(performance.now() - began).toBeLessThan(9_000)
  })

  it('shows the last whole round when time is up within the next one', async () => {
    const { pods, start } = await fleet()
    pods.reports.set('shop-1', reportOf({ a: 1 }))
    pods.reports.set('shop-2', reportOf({ a: 2 }))
    const running = start('--watch', '--timeout', '4s')
    await eventually(() => expect(running.output()).toContain('1 of 2 pods'))
    pods.reports.set('shop-2', undefined)
    const { code, stdout, stderr } = await running.result
    expect([code, stderr]).toEqual([1, 'hot-config: not all pods agree after 4 s\n'])
    expect(stdout).not.toContain('no answer')
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

  it('draws with --watch in one place of a terminal, also a thousand pods', async () => {
    const { pods, env } = await fleet()
    const [before, after] = [reportOf({ a: 1 }), reportOf({ a: 2 })]
    const names = Array.from({ length: 1_000 }, (_, index) => `shop-${index}`)
    for (const name of names) pods.reports.set(name, before)
    for (const name of names.slice(0, 100)) pods.reports.set(name, 'connection refused')
    const command = [process.execPath, CLI, 'status', '-l', 'app=shop', '--watch', '--after', before.digest].join(' ')
    const terminal = spawn('script', ['-qefc', `stty rows 30 cols 100; ${command}`, '/dev/null'], {
      env: { ...process.env, ...env, TERM: 'xterm', NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    await eventually(() => expect(output).toContain('and 80 more pods'))
    for (const name of names) pods.reports.set(name, after)
    await once(terminal, 'exit')
    const [first = '', second = '', ...more] = output.split('\u001B[J')
    // two rows for the digest, which is longer than the terminal is wide
    const [, up] = /^(\d+)A$/.exec(first.split('\u001B[').at(-1) ?? '') ?? []
    const shown = first.split('\r\n').slice(0, -1)
    expect(Number(up)).toBe(shown.reduce((rows, line) => rows + Math.ceil(line.length / 100), 0))
    expect(Number(up)).toBeLessThan(30)
    expect(second).toMatch(new RegExp(`^1000 of 1000 pods: ${after.digest}, the last since \\S+\\s+$`))
    expect(more).toEqual([])
  }, 60_000)

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
