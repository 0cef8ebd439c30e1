import { readFileSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { dirname } from 'node:path'

import { load } from 'js-yaml'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { CONFIG_MAPS, ask, must } from '../support/api-server.ts'
import { CliFolder, configMapManifest } from '../support/cli.ts'
import type { CliResult, RunningCli } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'
import { assetPath, hasApiServer, startRealApiServer } from '../support/real-api-server.ts'
import type { RealApiServer } from '../support/real-api-server.ts'
import { StandInPods } from '../support/standin-pods.ts'

const PODS = 30
const OLD = 'pool: { max: 10 }\n'
const NEW = 'pool: { max: 50 }\n'
const STEPS = ['--steps', '20%,60%,100%', '--bake', '1s', '-l', 'app=shop']

const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'
const PAGE = readFileSync(new URL('../../docs/command-line.md', import.meta.url), 'utf8')
const [, ROLE = ''] = /```yaml\n(apiVersion: rbac[^`]*)```/.exec(PAGE) ?? []

/** The processes whose environment has a text: those that a command started, and that outlived it. */
async function processesWith(text: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const environments = await Promise.all(ids.map((id) => readFile(`/proc/${id}/environ`, 'utf8').catch(() => '')))
  return ids.filter((_, index) => environments[index]?.includes(text))
}

describe.skipIf(!hasApiServer)('hot-config rollout', () => {
  let api: RealApiServer
  let pods: StandInPods
  let folder: CliFolder
  let env: Record<string, string>
  let name: string
  let tests = 0

  beforeAll(async () => {
    api = await startRealApiServer()
  }, 120_000)

  afterAll(() => api[Symbol.asyncDispose]())

  beforeEach(async () => {
    name = `shop-${++tests}`
    folder = await CliFolder.create()
    pods = new StandInPods(api, `${folder.path}/token`)
    await folder.write({ kubeconfig: await pods.start() })
    await write(NEW)
    env = {
      KUBECONFIG: `${folder.path}/kubeconfig`,
      PATH: `${dirname(assetPath('kubectl'))}:${process.env['PATH']}`,
    }
    const data = { 'app.yaml': OLD, 'other.yaml': 'other: 1\n' }
    await must(api, 'POST', CONFIG_MAPS, { metadata: { name }, data })
    await allow()
  })

  /** Allows the reader what the page on the command line says that a rollout needs. */
  async function allow(): Promise<void> {
    const role = load(ROLE.replaceAll('shop-config', name)) as { metadata: { name: string } }
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role.metadata.name }
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'reader' }]
    await must(api, 'POST', `${RBAC}/roles`, role)
    await must(api, 'POST', `${RBAC}/rolebindings`, { metadata: { name }, roleRef, subjects })
    await eventually(async () => {
      const { status } = await ask(api, 'GET', `${CONFIG_MAPS}/${name}`, undefined, api.readerToken)
      expect(status).toBe(200)
    })
  }

  afterEach(async () => {
    await pods[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })

  const write = (text: string): Promise<void> =>
    folder.write({ 'new.yaml': configMapManifest(name, { 'app.yaml': text, 'other.yaml': 'other: 1\n' }) })
  const start = (...args: string[]): RunningCli => folder.start(['rollout', ...args], { env })
  const rollOut = (...args: string[]): RunningCli => start(name, '--from', 'new.yaml', ...STEPS, ...args)
  const read = async (suffix = ''): Promise<Record<string, any> | undefined> => {
    const { status, body } = await ask(api, 'GET', `${CONFIG_MAPS}/${name}${suffix}`)
    return status === 404 ? undefined : body
  }
  const share = async (): Promise<string | undefined> => (await read('-canary'))?.['data']['hot-config.share']
  const values = (): number[] =>
    Array.from(pods.configs.values(), ({ current }) => (current as { pool: { max: number } }).pool.max)
  const expectPromoted = async ({ code, stderr }: CliResult): Promise<void> => {
    expect([code, stderr]).toEqual([0, ''])
    expect((await read())?.['data']).toEqual({ 'app.yaml': NEW, 'other.yaml': 'other: 1\n' })
    expect(await read('-canary')).toBeUndefined()
    await eventually(() => expect(values()).toEqual(Array.from({ length: pods.configs.size }, () => 50)))
  }
  const expectUntouched = async (): Promise<void> => {
    expect((await read())?.['data']['app.yaml']).toBe(OLD)
    await eventually(() => expect(values()).toEqual(Array.from({ length: pods.configs.size }, () => 10)))
  }

  it('goes to its end over 30 pods, with only the keys that differ in the canary', async () => {
    await pods.run(PODS, name)
    const running = rollOut()
    await eventually(async () => expect(await share()).toBe('20%'))
    const canary = await read('-canary')
    expect(canary?.['data']).toEqual({ 'hot-config.share': '20%', 'app.yaml': NEW })
    expect(canary?.['metadata'].managedFields).toEqual([expect.objectContaining({ manager: 'hot-config' })])
    await eventually(() => expect(values().filter((max) => max === 50).length).toBeGreaterThan(0))
    expect(values().filter((max) => max === 10).length).toBeGreaterThan(0)
    const result = await running.result
    await expectPromoted(result)
    expect(result.stdout).toMatch(/20%: \d+ of \d+ chosen pods serve it, of 30 pods\n[^]*60%: [^]*100%: 30 of 30/)
    expect((await read())?.['metadata'].managedFields.map((field: { manager: string }) => field.manager)).toContain(
      'hot-config',
    )
  }, 60_000)

  it('stops at the first take-back, removes the canary, and says whose and why', async () => {
    const check = (): void => {
      throw new Error('the queue lags')
    }
    await pods.run(PODS, name, { guard: { bakeMs: 20_000, intervalMs: 100, check } })
    const { code, stderr } = await rollOut().result
    expect(code).toBe(1)
    expect(stderr).toMatch(/the rollout stopped: shop-\d+-\d+ took the canary back: .*the queue lags/)
    expect(stderr).toContain(`${name}-canary is removed`)
    expect(await read('-canary')).toBeUndefined()
    await expectUntouched()
  }, 60_000)

  it('stops at the first rejection, and removes the canary', async () => {
    await pods.run(PODS, name)
    await write('pool: { max: 500 }\n')
    const { code, stderr } = await rollOut().result
    expect([code, stderr]).toEqual([1, expect.stringMatching(/shop-\d+-\d+ rejects .*pool\.max must be at most 100/)])
    expect(await read('-canary')).toBeUndefined()
    await expectUntouched()
  }, 60_000)

  it('goes on with the same command after SIGKILL at each step', async () => {
    await pods.run(PODS, name)
    for (const step of ['20%', '60%', '100%']) {
      const running = rollOut()
      await eventually(async () => expect(await share()).toBe(step))
      running.child.kill('SIGKILL')
      await running.result
      expect(await share()).toBe(step)
      expect((await read())?.['data']['app.yaml']).toBe(OLD)
      const status = await start('status', name, '--json').result
      expect(JSON.parse(status.stdout)).toMatchObject({ rollout: { name, steps: [20, 60, 100] } })
    }
    await eventually(async () => expect(await processesWith(env['KUBECONFIG'] ?? '')).toEqual([]))
    const result = await rollOut().result
    expect(result.stdout).toContain('goes on at 100%')
    await expectPromoted(result)
  }, 90_000)

  it('removes the canary with the same command after SIGKILL between the promotion and that', async () => {
    await pods.run(3, name)
    const running = rollOut()
    await eventually(async () => expect(await share()).toBe('20%'))
    running.child.kill('SIGKILL')
    await running.result
    await must(api, 'PATCH', `${CONFIG_MAPS}/${name}`, { data: { 'app.yaml': NEW } })
    await expectPromoted(await rollOut().result)
    const again = await rollOut().result
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('nothing to do')])
  }, 60_000)

  it('rolls out bytes that are no text, and moves a key from text to bytes', async () => {
    await pods.run(3, name)
    await must(api, 'PATCH', `${CONFIG_MAPS}/${name}`, { data: { 'a.bin': 'text' } })
    const bytes = Buffer.from([0xff, 0, 0xfe]).toString('base64')
    const manifest = configMapManifest(name, { 'app.yaml': NEW, 'other.yaml': 'other: 1\n' })
    await folder.write({ 'new.yaml': `${manifest}binaryData: { a.bin: ${bytes} }\n` })
    await expectPromoted(await rollOut().result)
    expect((await read())?.['binaryData']).toEqual({ 'a.bin': bytes })
  }, 60_000)

  it('ends with 1 at Ctrl-C and keeps the canary, which rollout abort removes', async () => {
    await pods.run(3, name)
    const running = rollOut('--bake', '1m')
    await eventually(() => expect(running.output()).toContain('20%: '))
    running.child.kill('SIGINT')
    const { code, stderr } = await running.result
    expect([code, stderr]).toEqual([1, expect.stringContaining('the same command goes on')])
    expect(await share()).toMatch('%')
    const status = await start('status', name).result
    expect([status.code, status.stdout]).toEqual([0, expect.stringMatching(/is at \d+% of 20%, 60%, 100% since 20/)])
    const other = await rollOut('--steps', '50%').result
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('rollout abort')])
    const abort = await start('abort', name).result
    expect([abort.code, abort.stdout]).toEqual([0, `ConfigMap ${name}-canary is removed\n`])
    expect((await start('abort', name).result).code).toBe(0)
    await expectUntouched()
  }, 60_000)

  it('stops when somebody else changes the stable ConfigMap, and keeps what they wrote', async () => {
    await pods.run(PODS, name)
    const running = rollOut('--bake', '1m')
    await eventually(() => expect(running.output()).toContain('20%: '))
    await must(api, 'PATCH', `${CONFIG_MAPS}/${name}`, { data: { 'app.yaml': 'pool: { max: 11 }\n' } })
    const { code, stderr } = await running.result
    expect([code, stderr]).toEqual([1, expect.stringContaining(`somebody else changed ConfigMap ${name} since`)])
    expect((await read())?.['data']['app.yaml']).toBe('pool: { max: 11 }\n')
    expect(await read('-canary')).toBeUndefined()
  }, 60_000)

  it('stops when somebody removes the canary', async () => {
    await pods.run(PODS, name)
    const running = rollOut('--bake', '1m')
    await eventually(() => expect(running.output()).toContain('20%: '))
    await start('abort', name).result
    const { code, stderr } = await running.result
    expect([code, stderr]).toEqual([1, expect.stringContaining('somebody else changed or removed')])
    await expectUntouched()
  }, 60_000)

  it('changes nothing with --dry-run, for what the schema rejects, and without pods that are ready', async () => {
    const dry = await rollOut('--dry-run').result
    expect([dry.code, dry.stdout]).toEqual([
      0,
      `would roll out app.yaml of ConfigMap ${name} in steps of 20%, 60%, 100%\n`,
    ])
    await folder.write({ 'config.mjs': `export default { pool: { max: { format: 'int', default: 1 } } }` })
    await write('pool: { max: many }\n')
    const invalid = await rollOut('--schema', 'config.mjs').result
    expect([invalid.code, invalid.stdout]).toEqual([1, expect.stringMatching(/^new\.yaml:7:\d+ pool\.max /)])
    await write(NEW)
    const lonely = await rollOut('--timeout', '1s').result
    expect([lonely.code, lonely.stderr]).toEqual([1, expect.stringContaining('there are no pods with these labels')])
    expect(await read('-canary')).toBeUndefined()
    await expectUntouched()
  }, 60_000)

  it('goes on over a restart of the API server', async () => {
    await pods.run(3, name)
    const running = rollOut('--bake', '3s')
    await eventually(() => expect(running.output()).toContain('20%: '))
    await api.kill()
    await eventually(() => expect(running.output()).toContain("the API server can't be reached"))
    await api.start()
    await expectPromoted(await running.result)
  }, 90_000)

  it('says why the pods can not be listed, and keeps the canary of a rollout that goes on', async () => {
    await pods.run(3, name)
    pods.listFailure = { code: 403, message: 'pods is forbidden: User "reader" cannot list resource "pods"' }
    const reason =
      'the pods can\'t be listed: pods is forbidden: User "reader" cannot list resource "pods". Bind a Role'
    const denied = await rollOut().result
    expect([denied.code, denied.stderr]).toEqual([2, expect.stringContaining(reason)])
    expect(await read('-canary')).toBeUndefined()

    pods.listFailure = undefined
    const running = rollOut('--bake', '1m')
    await eventually(() => expect(running.output()).toContain('20%: '))
    pods.listFailure = { code: 503, message: 'too busy' }
    await eventually(() => expect(running.output()).toContain("the pods can't be listed: too busy"))
    pods.listFailure = { code: 403, message: 'pods is forbidden: User "reader" cannot list resource "pods"' }
    const { code, stderr } = await running.result
    expect([code, stderr]).toEqual([1, expect.stringContaining(reason)])
    expect(stderr).toContain('the same command goes on')
    pods.listFailure = undefined
    await expectPromoted(await rollOut().result)
  }, 90_000)

  it('ends in order at Ctrl-C in a terminal, which reaches all processes of the command', async () => {
    await pods.run(3, name)
    const args = ['rollout', name, '--from', 'new.yaml', ...STEPS, '--bake', '1m']
    const running = folder.start(args, { env, isGroup: true })
    await eventually(() => expect(running.output()).toContain('20%: '))
    process.kill(-(running.child.pid ?? 0), 'SIGINT')
    const { code, stderr } = await running.result
    expect([code, stderr]).toEqual([1, expect.stringContaining('interrupted: the same command goes on')])
    expect(await share()).toMatch('%')
    await eventually(async () => expect(await processesWith(env['KUBECONFIG'] ?? '')).toEqual([]))
  }, 60_000)

  it('reads the manifest from standard input, and validates it as the service would', async () => {
    await folder.write({ 'config.mjs': `export default { pool: { max: { format: 'int', default: 1 } } }` })
    const input = configMapManifest(name, { 'app.yaml': 'pool: { max: 50, min: 1 }\n', 'other.yaml': 'other: 1\n' })
    const validated = (...args: string[]): Promise<CliResult> => {
      const all = ['rollout', name, '--from', '-', ...STEPS, '--dry-run', '--schema', 'config.mjs', ...args]
      return folder.start(all, { env, input }).result
    }
    const dry = await validated('--restart-required', 'pool.max', '--ignore', 'other.yaml')
    expect([dry.code, dry.stderr]).toEqual([0, ''])
    expect(dry.stdout).toContain('pool.min warning: is unknown to the schema')
    expect(dry.stdout).toContain('pool.max warning: changes only with a restart of the pods')
    expect(dry.stdout).toContain('pool.max changes from 10 to 50')
    expect(dry.stdout).toContain(`would roll out app.yaml of ConfigMap ${name}`)
    const strict = await validated('--unknown', 'reject')
    expect([strict.code, strict.stdout]).toEqual([1, expect.stringMatching(/^stdin:7:\d+ pool\.min /)])
    const ignored = await validated('--unknown', 'reject', '--ignore', '*')
    expect(ignored.stdout).not.toContain('pool.min')
  }, 60_000)

  it('validates only the ConfigMap, where the manifest has a Secret of its name', async () => {
    await folder.write({ 'config.mjs': `export default { pool: { max: { format: 'int', default: 1 } } }` })
    const secret = `kind: Secret\nmetadata: { name: ${name} }\nstringData: { token.yaml: "pool: { max: many }" }\n`
    const input = `${secret}---\n${configMapManifest(name, { 'app.yaml': 'pool: { max: 50 }\n', 'other.yaml': 'other: 1\n' })}`
    for (const schema of ['config.mjs', `${name}=config.mjs`]) {
      const args = ['rollout', name, '--from', '-', ...STEPS, '--dry-run', '--schema', schema]
      const { code, stdout, stderr } = await folder.start(args, { env, input }).result
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(/^1 object checked: no problems, 1 warning, 1 change$/m)
    }
  }, 60_000)

  it('is for the namespace of the manifest', async () => {
    const manifest = configMapManifest(name, { 'app.yaml': NEW, 'other.yaml': 'other: 1\n' })
    await folder.write({ 'new.yaml': manifest.replace(`name: ${name}`, `$&\n  namespace: elsewhere`) })
    const { code, stderr } = await rollOut('-n', 'default').result
    expect([code, stderr]).toEqual([2, expect.stringContaining('the manifest is for namespace elsewhere')])
    expect((await rollOut().result).stderr).toContain('in the namespace "elsewhere"')
    await expectUntouched()
  })

  it('is a wrong use with steps that do not rise, a manifest without a key, and a canary of somebody else', async () => {
    for (const steps of ['50%,10%', '0%', '5', '101%', '5%,,10%']) {
      const { code, stderr } = await rollOut('--steps', steps).result
      expect([code, stderr]).toEqual([2, expect.stringContaining(`--steps ${steps}: expected percentages`)])
    }
    await folder.write({ 'new.yaml': configMapManifest(name, { 'app.yaml': NEW }) })
    const removed = await rollOut().result
    expect([removed.code, removed.stderr]).toEqual([2, expect.stringContaining('has no other.yaml')])
    await write(NEW)
    await must(api, 'POST', CONFIG_MAPS, { metadata: { name: `${name}-canary` }, data: { 'app.yaml': OLD } })
    for (const args of [
      [name, '--from', 'new.yaml', ...STEPS],
      ['abort', name],
    ]) {
      const { code, stderr } = await start(...args).result
      expect([code, stderr]).toEqual([2, expect.stringContaining('not of a rollout')])
    }
    expect((await start(name, ...STEPS).result).stderr).toContain('--from is missing')
    expect((await start(name, '--from', 'new.yaml').result).stderr).toContain('--selector is missing')
    await expectUntouched()
  }, 60_000)
})
