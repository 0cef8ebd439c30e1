import type { HealthReport } from '@hot-config/core'
import { collectMetrics } from '@hot-config/core/prometheus'
import { createTestConfig } from '@hot-config/testing'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { CliFolder } from '../support/cli.ts'
import type { RunningCli } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'
import { FakePrometheus } from '../support/fake-prometheus.ts'

/** What a pod exposes, with a part of its health replaced. */
async function expositionOf(value: object, health: Partial<HealthReport> = {}, name?: string): Promise<string> {
  const config = createTestConfig(value)
  const register = new Registry()
  const observed = { health: () => ({ ...config.health(), ...health }), onReload: () => () => undefined }
  collectMetrics(observed, { register, ...(name !== undefined && { name }) })
  return register.metrics()
}

const digestOf = (value: object): string => createTestConfig(value).health().digest as string
const rejected = (): Partial<HealthReport> => {
  const config = createTestConfig({})
  config.reject({ path: 'a', message: 'is wrong' })
  const { status, lastRejection } = config.health()
  return { status, lastRejection }
}
const stuck = {
  name: 'volume:/etc/config',
  revision: 'r',
  watching: 'inotify',
  updatable: false,
  warnings: ['subPath'],
}

describe('hot-config status --prometheus', { timeout: 60_000 }, () => {
  let prometheus: FakePrometheus
  let folder: CliFolder
  let url: string

  beforeEach(async () => {
    prometheus = new FakePrometheus()
    url = await prometheus.start()
    folder = await CliFolder.create()
  })

  afterEach(async () => {
    await prometheus[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })

  const start = (args: readonly string[], env: Record<string, string> = {}): RunningCli => {
    const given = (option: string, value: string): string[] => (args.includes(option) ? [] : [option, value])
    const usual = [...given('-l', 'job=shop'), ...given('--prometheus', `${url}/prefix/`)]
    return folder.start(['status', ...usual, ...args], { env })
  }

  const scrape = (pod: string, exposition: string | undefined): void =>
    prometheus.scrape({ namespace: 'shop', job: 'shop', pod, instance: `${pod}:3000` }, exposition)

  it('counts the pods by what their metrics say, and exits with 0 only when all run the same', async () => {
    for (const pod of ['shop-1', 'shop-2', 'shop-3']) scrape(pod, await expositionOf({ a: 1 }))
    prometheus.scrape({ namespace: 'shop', job: 'other', pod: 'other-1' }, await expositionOf({ a: 2 }))
    const same = await start(['-n', 'shop']).result
    expect(same).toEqual({ code: 0, stdout: `3 of 3 pods: ${digestOf({ a: 1 })}\n`, stderr: '' })

    scrape('shop-3', await expositionOf({ a: 2 }))
    const different = await start(['--json']).result
    expect(different.code).toBe(1)
    expect(JSON.parse(different.stdout)).toMatchObject({
      state: 'waiting',
      digest: null,
      canaryDigest: null,
      pods: [
        { pod: 'shop-1', digest: digestOf({ a: 1 }), loadedAt: null, status: 'pass', canary: null, guard: null },
        { pod: 'shop-2' },
        { pod: 'shop-3', digest: digestOf({ a: 2 }) },
      ],
    })
    expect((await start(['-n', 'elsewhere']).result).stdout).toMatch(/^no pods/)
  })

  it('says who rejects an update, who can not be updated, and who can not be scraped', async () => {
    scrape('shop-1', await expositionOf({ a: 1 }))
    scrape('shop-1', undefined)
    scrape('shop-2', await expositionOf({ a: 1 }, rejected()))
    scrape('shop-3', await expositionOf({ a: 1 }, { sources: [stuck] as unknown as HealthReport['sources'] }))
    scrape('shop-4', await expositionOf({}, { status: 'fail', digest: null, loadedAt: null }))
    const text = await start([]).result
    expect(text.stdout).toMatch(/^shop-1 can not be scraped by Prometheus$/m)
    expect(text.stdout).toMatch(/^shop-2 rejects an update: its health report says why$/m)
    expect(text.stdout).toMatch(/^shop-3 can't be updated: volume:\/etc\/config$/m)
    expect(text.code).toBe(1)
    const { pods } = JSON.parse((await start(['--json']).result).stdout) as { pods: { status: string }[] }
    expect(pods.map(({ status }) => status)).toEqual(['unknown', 'warn', 'warn', 'fail'])
  })

  it('compares pods with a canary among themselves', async () => {
    const canary = { share: 0.4, chosen: true, state: 'serving', digest: 'sha256:c' } as const
    const baking = { state: 'baking', until: '2030-01-01T00:00:00.000Z' } as const
    const waiting = { ...canary, chosen: false, state: 'waiting' } as const
    for (const pod of ['shop-1', 'shop-2', 'shop-3']) scrape(pod, await expositionOf({ a: 1 }, { canary: waiting }))
    for (const pod of ['shop-4', 'shop-5']) scrape(pod, await expositionOf({ a: 2 }, { canary, guard: baking }))
    const { code, stdout } = await start([]).result
    expect(stdout).toBe(
      `3 of 5 pods: ${digestOf({ a: 1 })}, canary of 40 % not chosen\n` +
        `2 of 5 pods: ${digestOf({ a: 2 })}, canary of 40 % serving, guard baking\n`,
    )
    expect(code).toBe(0)
  })

  it('waits with --watch until all pods run another digest than before, and ends when time is up', async () => {
    for (const pod of ['shop-1', 'shop-2']) scrape(pod, await expositionOf({ a: 1 }))
    const running = start(['--watch', '--after', digestOf({ a: 1 })])
    await eventually(() => expect(running.output()).toContain(`2 of 2 pods: ${digestOf({ a: 1 })}`))
    for (const pod of ['shop-1', 'shop-2']) scrape(pod, await expositionOf({ a: 2 }))
    expect((await running.result).code).toBe(0)

    scrape('shop-2', await expositionOf({ a: 1 }))
    const late = await start(['--watch', '--timeout', '1s']).result
    expect([late.code, late.stderr]).toEqual([1, 'hot-config: not all pods agree after 1 s\n'])
  })

  it('reads labels as kubectl does, and finds them as Prometheus names those of pods', async () => {
    const target = { namespace: 'shop', job: 'shop', app_kubernetes_io_name: 'shop', tier: 'web' }
    prometheus.scrape({ ...target, pod: 'shop-1' }, await expositionOf({ a: 1 }))
    prometheus.scrape({ ...target, pod: 'shop-2', track: 'beta' }, await expositionOf({ a: 1 }))
    const podsFor = async (labels: string): Promise<string[]> => {
      const { stdout, stderr } = await start(['--json', '-l', labels]).result
      expect(stderr).toBe('')
      return (JSON.parse(stdout) as { pods: { pod: string }[] }).pods.map(({ pod }) => pod)
    }
    expect(await podsFor('app.kubernetes.io/name=shop,tier in (web, api)')).toEqual(['shop-1', 'shop-2'])
    expect(await podsFor('job==shop,!track')).toEqual(['shop-1'])
    expect(await podsFor('job=shop,track,tier notin (a.i)')).toEqual(['shop-2'])
    expect(await podsFor('pod!=shop-2')).toEqual(['shop-1'])
    const wrong = await start(['-l', 'app in web']).result
    expect(wrong.stderr).toMatch(/^hot-config: --selector "app in web": expected NAME=VALUE, .*\n$/)
    expect(wrong.code).toBe(2)
  })

  it('asks for one of several configurations', async () => {
    const both = `${await expositionOf({ a: 1 }, {}, 'main')}\n${await expositionOf({ b: 1 }, {}, 'flags')}`
    for (const pod of ['shop-1', 'shop-2']) scrape(pod, both)
    const several = await start([]).result
    expect(several.stderr).toBe(
      'hot-config: shop-1 has the configurations main and flags: choose one, as -l config=flags\n',
    )
    expect(several.code).toBe(2)
    scrape('shop-3', undefined)
    const { stdout } = await start(['-l', 'job=shop,config=flags']).result
    expect(stdout).toContain(`2 of 3 pods: ${digestOf({ b: 1 })}`)
    expect(stdout).toContain('shop-3 can not be scraped')
  })

  it('authenticates by a token or a user from the environment or a file, and never prints them', async () => {
    scrape('shop-1', await expositionOf({ a: 1 }))
    prometheus.authorization = 'Bearer geheim-token'
    await folder.write({ auth: 'geheim-token\n', empty: '\n' })
    const bearer = { HOT_CONFIG_PROMETHEUS_AUTH: 'geheim-token' }
    expect((await start([], bearer).result).code).toBe(0)
    expect((await start(['--prometheus-auth-file', 'auth']).result).code).toBe(0)
    const basic = { HOT_CONFIG_PROMETHEUS_AUTH: 'ich:geheim-wort' }
    const refused = await start([], basic).result
    expect(refused.stderr).toMatch(/it rejects the credentials with 401: set HOT_CONFIG_PROMETHEUS_AUTH or/)
    prometheus.authorization = `Basic ${Buffer.from('ich:geheim-wort').toString('base64')}`
    expect((await start([], basic).result).code).toBe(0)

    const inUrl = await start(['--prometheus', url.replace('//', '//ich:geheim-wort@')]).result
    const wrong = [
      await start(['--prometheus-auth-file', 'empty']).result,
      await start(['--prometheus-auth-file', 'missing']).result,
      await start([], { HOT_CONFIG_PROMETHEUS_AUTH: 'geheim\nwort' }).result,
      await folder.run(['status', '-l', 'a=b', '--prometheus-auth-file', 'auth']),
    ]
    for (const { code, stdout, stderr } of [refused, inUrl, ...wrong]) {
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(/^(?:hot-config|error): .*\n/)
      expect(stderr).not.toContain('geheim')
    }
  })

  it('ends --watch when time is up, also when Prometheus does not answer', async () => {
    prometheus.isSilent = true
    const { code, stderr } = await start(['--watch', '--timeout', '1s']).result
    expect([code, stderr]).toEqual([2, `hot-config: Prometheus at ${url} can't be asked: no answer within 1 s\n`])
  })

  it.each([
    [422, '{"status":"error","errorType":"execution","error":"query timed out"}', /it answers query timed out/],
    [200, '<html>login</html>', /it answers 200, and not as the API of Prometheus does: check the URL/],
    [404, '404 page not found', /it answers 404, and not as the API of Prometheus does: check the URL/],
    [
      200,
      '{"status":"success","warnings":["store-2 is down"],"data":{"resultType":"vector","result":[]}}',
      /it answers only in part: store-2 is down/,
    ],
  ])('says in one line what is wrong with an answer: %s %s', async (status, body, message) => {
    prometheus.override = { status, body }
    const { code, stdout, stderr } = await start([]).result
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^hot-config: Prometheus at http:\/\/127\.0\.0\.1:\d+ can't be asked: .*\n$/)
    expect(stderr).toMatch(message)
  })

  it('is a wrong use without a Prometheus, and with options for pods', async () => {
    await prometheus[Symbol.asyncDispose]()
    const down = await start([]).result
    expect([down.code, down.stderr]).toEqual([2, `hot-config: Prometheus at ${url} can't be asked: ECONNREFUSED\n`])
    const noUrl = await start(['--prometheus', 'prometheus:9090']).result
    expect(noUrl.stderr).toBe('hot-config: --prometheus: expected an URL such as http://prometheus:9090\n')
    const both = await start(['--context', 'x']).result
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining("cannot be used with option '--context")])
  })
})
