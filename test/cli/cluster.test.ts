import { readFileSync } from 'node:fs'
import { readFile, readdir, readlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { createHotConfig } from '@hot-config/core'
import { load } from 'js-yaml'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

import { CONFIG_MAPS, SECRETS, must } from '../support/api-server.ts'
import { CliFolder, configMapManifest } from '../support/cli.ts'
import type { CliResult, RunningCli } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'
import { assetPath, hasApiServer, startRealApiServer } from '../support/real-api-server.ts'
import type { RealApiServer } from '../support/real-api-server.ts'

const SCHEMA = `export default {
  pool: { max: { format: 'int', default: 1 } },
  db: { password: { format: String, default: '', sensitive: true } },
}`
const manifest = (max: number, name = 'shop'): string =>
  configMapManifest(name, { 'app.yaml': `pool: { max: ${max} }\n` })
const VALIDATE = ['validate', '--schema', 'config.mjs', '--against-cluster']

describe.skipIf(!hasApiServer)('a command that asks the API server', () => {
  let api: RealApiServer
  let folder: CliFolder

  beforeAll(async () => {
    api = await startRealApiServer()
  }, 120_000)

  afterAll(() => api[Symbol.asyncDispose]())

  beforeEach(async () => {
    folder = await CliFolder.create({ 'config.mjs': SCHEMA, kubeconfig: await readFile(api.kubeconfig, 'utf8') })
  })

  afterEach(async () => {
    await folder[Symbol.asyncDispose]()
    for (const path of [CONFIG_MAPS, SECRETS]) await must(api, 'DELETE', path)
  })

  const start = (...args: readonly string[]): RunningCli => {
    const PATH = `${dirname(assetPath('kubectl'))}:${process.env['PATH']}`
    return folder.start(args, { env: { KUBECONFIG: join(folder.path, 'kubeconfig'), PATH, TMPDIR: folder.path } })
  }
  const run = (...args: readonly string[]): Promise<CliResult> => start(...args).result
  const create = (data: object, name = 'shop'): Promise<unknown> =>
    must(api, 'POST', CONFIG_MAPS, { metadata: { name }, ...data })
  /** Changes the kubeconfig. */
  const reconfigure = async (from: string, to: string): Promise<void> => {
    const kubeconfig = await readFile(api.kubeconfig, 'utf8')
    await folder.write({ kubeconfig: kubeconfig.replaceAll(from, to) })
  }

  describe('the page on the command line', () => {
    const page = readFileSync(new URL('../../docs/command-line.md', import.meta.url), 'utf8')
    const fileOf = (name: string): string =>
      new RegExp(`<!-- file: ${name} -->\\n+\`\`\`\\w+\\n(.*?)^\`\`\`$`, 'ms').exec(page)?.[1] ?? ''
    /** A command with `-n shop`, and the first line that it prints. */
    const examples = Array.from(
      page.matchAll(/^npx hot-config (.* -n shop .*)\n```\n+```text\n(.*)$/gm),
      ([, command = '', output = '']) => ({ command, output }),
    )

    it('shows what the commands print that ask the API server for objects', async () => {
      expect(examples.map(({ command }) => command.split(' ')[0])).toEqual(['validate', 'mount'])
      const path = '/api/v1/namespaces/shop'
      await must(api, 'POST', '/api/v1/namespaces', { metadata: { name: 'shop' } })
      const live = load(fileOf('old.yaml')) as object
      await must(api, 'POST', `${path}/configmaps`, live)
      await folder.write({ 'config.ts': fileOf('config.ts'), 'new.yaml': fileOf('new.yaml') })
      for (const { command, output } of examples) {
        const running = start(...command.split(' '))
        await eventually(() => expect(running.output().split('\n')[0]).toBe(output))
        running.child.kill('SIGINT')
        await running.result
      }
    })
  })

  describe('hot-config validate --against-cluster', () => {
    it('shows what changes in the live object without secrets, and what waits for a restart', async () => {
      await create({ data: { 'app.yaml': 'pool: { max: 5 }\ndb: { password: hunter2-before }\n' } })
      const text = 'pool:\n  max: 6\ndb: { password: hunter2-after }\n'
      await folder.write({ 'new.yaml': configMapManifest('shop', { 'app.yaml': text }) })
      const { code, stdout } = await run(...VALIDATE, '--restart-required', 'pool', 'new.yaml')
      expect(stdout).toContain('new.yaml:7:5 pool warning: changes only with a restart of the pods')
      expect(stdout).toContain('new.yaml:8:7 pool.max changes from 5 to 6')
      expect(stdout).toContain('db.password changes from "[redacted]" to "[redacted]"')
      expect(stdout).not.toContain('hunter2')
      expect(code).toBe(0)
      expect((await run(...VALIDATE, '--restart-required', 'pool', '--strict', 'new.yaml')).code).toBe(1)
    })

    it('never shows what a live Secret holds', async () => {
      const encoded = Buffer.from('pool: { max: 54321 }').toString('base64')
      await must(api, 'POST', SECRETS, { metadata: { name: 'keys' }, data: { 'app.yaml': encoded } })
      await folder.write({
        'new.yaml': `kind: Secret\nmetadata: { name: keys }\nstringData: { app.yaml: "pool: { max: 98765 }" }\n`,
      })
      const { stdout, stderr } = await run(...VALIDATE, '--json', 'new.yaml')
      expect(JSON.parse(stdout)).toMatchObject({ changes: [{ path: 'pool.max', before: '[redacted]' }] })
      expect(stdout + stderr).not.toMatch(/54321|98765/)
    })

    it('says that an object is new, also beside one that is not', async () => {
      await folder.write({ 'new.yaml': `${manifest(6)}---\n${manifest(7, 'shop-extra')}` })
      const both = ['validate', '--against-cluster', '--schema', 'shop+shop-extra=config.mjs', 'new.yaml']
      const fresh = await run(...both)
      expect([fresh.code, fresh.stderr]).toEqual([0, ''])
      expect(fresh.stdout).toContain('new.yaml:1:1 note: ConfigMap shop is new: namespace default has none')
      expect(fresh.stdout).toContain('note: ConfigMap shop-extra is new')
      await create({ data: { 'app.yaml': 'pool: { max: 5 }\n' } })
      const partly = await run(...both)
      expect(partly.stdout).not.toContain('ConfigMap shop is new')
      expect(partly.stdout).toContain('note: ConfigMap shop-extra is new')
      expect(partly.stdout).toContain('pool.max changes from 5 to 7')
    })

    it('rejects what a service or the API server would reject as an update', async () => {
      await create({ data: { 'app.yaml': 'pool: { max: 5 }\n' }, immutable: true })
      await folder.write({ 'new.yaml': manifest(6), 'same.yaml': manifest(5) })
      const changed = await run(...VALIDATE, 'new.yaml')
      expect([changed.code, changed.stdout]).toEqual([
        1,
        expect.stringMatching(/^new\.yaml:1:1 .* is immutable, so the API/),
      ])
      expect((await run(...VALIDATE, 'same.yaml')).code).toBe(0)
      await folder.write({ 'new.yaml': 'kind: ConfigMap\nmetadata: { name: shop }\ndata: {}\n' })
      const emptied = await run(...VALIDATE, '--json', 'new.yaml')
      expect(JSON.parse(emptied.stdout)).toMatchObject({ valid: false })
      expect(emptied.stdout).toContain('"rule": "emptied"')
      const accepted = await run(...VALIDATE, '--json', '--emptied', 'accept', 'new.yaml')
      expect(accepted.stdout).not.toContain('"rule": "emptied"')
    })

    it('uses the namespace of the manifest, and rejects another one', async () => {
      await must(api, 'POST', '/api/v1/namespaces', { metadata: { name: 'other' } }).catch(() => undefined)
      await must(api, 'POST', '/api/v1/namespaces/other/configmaps', {
        metadata: { name: 'shop' },
        data: { 'app.yaml': 'pool: { max: 5 }\n' },
      })
      await folder.write({
        'new.yaml': manifest(6),
        'other.yaml': manifest(6).replace('name: shop', '$&\n  namespace: other'),
      })
      expect((await run(...VALIDATE, '-n', 'other', 'new.yaml')).stdout).toContain('changes from 5 to 6')
      expect((await run(...VALIDATE, 'other.yaml')).stdout).toContain('changes from 5 to 6')
      const { code, stderr } = await run(...VALIDATE, '-n', 'default', 'other.yaml')
      expect([code, stderr]).toEqual([2, expect.stringContaining('the manifest is for namespace other')])
    })
  })

  describe('hot-config mount --from-cluster', () => {
    it.each([
      ['its name', 'shop'],
      ['its type and name', 'configmap/shop'],
      ['a manifest', 'a.yaml'],
    ])('writes the live object once, by %s', async (_, object) => {
      const bytes = Buffer.from([0xff, 0, 0xfe])
      await create({ data: { 'app.yaml': 'pool: { max: 5 }\n' }, binaryData: { 'a.bin': bytes.toString('base64') } })
      await folder.write({ 'a.yaml': manifest(1) })
      const { code, stdout, stderr } = await run('mount', '--from-cluster', object, 'volume')
      expect([code, stdout, stderr]).toEqual([0, 'volume has ConfigMap shop: app.yaml, a.bin\n', ''])
      expect(await readFile(join(folder.path, 'volume/app.yaml'), 'utf8')).toBe('pool: { max: 5 }\n')
      expect(await readFile(join(folder.path, 'volume/a.bin'))).toEqual(bytes)
      expect(await readlink(join(folder.path, 'volume/..data'))).toMatch(/^\.\.\d{4}_/)
      expect((await readdir(folder.path)).filter((name) => name.startsWith('hot-config-'))).toEqual([])
    })

    it('decodes a Secret', async () => {
      await must(api, 'POST', SECRETS, { metadata: { name: 'keys' }, data: { token: 'aHVudGVyMg==' } })
      const { stdout } = await run('mount', '--from-cluster', 'secret/keys', 'volume')
      expect(stdout).toBe('volume has Secret keys: token\n')
      expect(await readFile(join(folder.path, 'volume/token'), 'utf8')).toBe('hunter2')
    })

    it('follows it with --watch, over a restart of the API server and a deletion, until it is stopped', async () => {
      await create({ data: { 'app.yaml': 'pool: { max: 5 }\n' } })
      const running = start('mount', '--from-cluster', 'shop', 'volume', '--watch')
      await eventually(() => expect(running.output()).toContain('volume has ConfigMap shop: app.yaml'))
      await using config = await createHotConfig({ sources: join(folder.path, 'volume'), logger: false })
      const serves = (max: number): Promise<void> =>
        // a request that hangs while the API server starts has a time limit of its own
        vi.waitFor(() => expect(config.current).toEqual({ pool: { max } }), { timeout: 30_000 })
      const change = (max: number): Promise<unknown> =>
        must(api, 'PATCH', `${CONFIG_MAPS}/shop`, { data: { 'app.yaml': `pool: { max: ${max} }\n` } })
      await change(6)
      await serves(6)

      await api.kill()
      await eventually(() => expect(running.output()).toMatch(/the API server can't be reached: .* The volume stays/))
      await api.start()
      await change(7)
      await serves(7)

      await must(api, 'DELETE', `${CONFIG_MAPS}/shop`)
      await eventually(() => expect(running.output()).toContain('there is no ConfigMap shop in namespace default'))
      expect(config.current).toEqual({ pool: { max: 7 } })
      await create({ data: { 'app.yaml': 'pool: { max: 8 }\n' } })
      await serves(8)
      running.child.kill('SIGINT')
      expect((await running.result).code).toBe(0)
    }, 90_000)

    it('is an empty volume with --optional while there is no object, as in a pod', async () => {
      const running = start('mount', '--from-cluster', 'shop', 'volume', '--watch', '--optional', '--json')
      const lines = (): object[] =>
        running
          .output()
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as object)
      await eventually(() => expect(lines()).toMatchObject([{ keys: [], missing: true }]))
      expect(await readdir(join(folder.path, 'volume/..data'))).toEqual([])
      await create({ data: { 'app.yaml': 'pool: { max: 5 }\n' } })
      await eventually(() => expect(lines()).toMatchObject([{}, { object: 'ConfigMap shop', keys: ['app.yaml'] }]))
      await must(api, 'DELETE', `${CONFIG_MAPS}/shop`)
      await eventually(() => expect(lines()).toMatchObject([{}, {}, { keys: [], missing: true }]))
      expect(await readdir(join(folder.path, 'volume/..data'))).toEqual([])
      running.child.kill('SIGTERM')
      expect((await running.result).code).toBe(0)
    }, 30_000)

    it('leaves no proxy and no file behind when SIGKILL ends it', async () => {
      await create({ data: {} })
      const running = start('mount', '--from-cluster', 'shop', 'volume', '--watch')
      await eventually(() => expect(running.output()).toContain('no keys'))
      running.child.kill('SIGKILL')
      await running.result
      await eventually(async () =>
        expect((await readdir(folder.path)).filter((name) => name.startsWith('hot-config-'))).toEqual([]),
      )
    })

    it.each([
      [
        'an object that does not exist',
        ['shop'],
        /there is no ConfigMap shop in namespace default: apply it, or mount/,
      ],
      ['a Secret that does not exist', ['secret/shop'], /there is no Secret shop in namespace default/],
      ['another type', ['deployment/shop'], /deployment\/shop can't be read: it does not exist/],
      ['a name and --name', ['--name', 'a', 'shop'], /--name a: shop is a name already/],
    ])('does not accept %s', async (_, args, message) => {
      const { code, stdout, stderr } = await run('mount', '--from-cluster', ...args, 'volume')
      expect(stderr).toMatch(message)
      expect([code, stdout]).toEqual([2, ''])
      expect(await readdir(folder.path)).not.toContain('volume')
    })
  })

  it('authenticates by the program of the kubeconfig, and shows what that says', async () => {
    await create({ data: {} })
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: api.adminToken },
    }
    await folder.write({ credential: JSON.stringify(credential) })
    const args = [
      '-c',
      'echo "log in at https://login.example" >&2; sleep 11; cat "$1"',
      'sh',
      join(folder.path, 'credential'),
    ]
    const exec = { apiVersion: credential.apiVersion, command: 'sh', args, interactiveMode: 'Never' }
    await reconfigure(`{"token":"${api.adminToken}"}`, JSON.stringify({ exec }))
    const { code, stdout, stderr } = await run('mount', '--from-cluster', 'shop', 'volume')
    expect([code, stdout]).toEqual([0, 'volume has ConfigMap shop: no keys\n'])
    expect(stderr).toMatch(/^(?:log in at https:\/\/login\.example\n)+$/)
  }, 60_000)

  const COMMANDS: readonly (readonly string[])[] = [
    [...VALIDATE, 'new.yaml'],
    ['mount', '--from-cluster', 'shop', 'volume'],
    ['rollout', 'shop', '--from', 'new.yaml', '-l', 'app=shop'],
    ['rollout', 'status', 'shop'],
    ['rollout', 'abort', 'shop'],
    ['status', '-l', 'app=shop'],
  ]

  describe.each(
    COMMANDS.map(
      (args) =>
        [
          args
            .filter((arg) => /^[a-z]+$/.test(arg))
            .slice(0, 2)
            .join(' '),
          args,
        ] as const,
    ),
  )('hot-config %s', (_, args) => {
    const fails = async (...more: string[]): Promise<string> => {
      await folder.write({ 'new.yaml': manifest(6) })
      const { code, stdout, stderr } = await run(...args, ...more)
      expect(stderr).not.toMatch(/^ {4}at /m)
      expect([code, stdout]).toEqual([2, ''])
      return stderr
    }

    it('says what to do with a token that is expired', async () => {
      await reconfigure(api.adminToken, 'expired')
      expect(await fails()).toMatch(/does not accept the credentials \(401\): log in again/)
    })

    it('says which permission is missing', async () => {
      await reconfigure(api.adminToken, api.readerToken)
      expect(await fails()).toMatch(
        /User "reader" cannot (get|list) resource .* Bind a Role with (get|list) on \w+ in namespace/,
      )
    })

    it('says that there is no network', async () => {
      await reconfigure(api.url, 'https://127.0.0.1:1')
      expect(await fails()).toMatch(/can't be reached: .*connection refused\. Check the network/)
    }, 30_000)

    it('says that there is no such context', async () => {
      expect(await fails('--context', 'nowhere')).toMatch(/no access to a cluster: .*nowhere/)
    })

    it('says that there is no such namespace', async () => {
      expect(await fails('-n', 'nowhere')).toMatch(/there is no namespace nowhere: choose one with -n/)
    })
  })
})
