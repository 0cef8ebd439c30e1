import { execFile } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { createCertificate } from '../support/certificate.ts'
import { CLI, CliFolder, runCli } from '../support/cli.ts'
import { hasMountNamespaces } from '../support/mount-namespace.ts'

interface Check {
  readonly check: string
  readonly status: string
  readonly message: string
  readonly advice?: string
}

interface Report {
  readonly healthy: boolean
  readonly checks: readonly Check[]
}

const reportOf = (stdout: string): Report => JSON.parse(stdout) as Report
const checksOf = (report: Report, name: string): Check[] => report.checks.filter(({ check }) => check === name)

describe('hot-config doctor', () => {
  it('finds nothing wrong with a volume, and says how it is watched', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'a: 1' })
    const { code, stdout } = await runCli(['doctor', '--json', volume.path])
    const report = reportOf(stdout)
    expect(checksOf(report, 'mount')).toMatchObject([
      { status: 'ok', message: expect.stringContaining('mounted volume') as string },
    ])
    expect(checksOf(report, 'watch')).toMatchObject([{ status: 'ok' }])
    if (process.platform === 'linux') {
      expect(checksOf(report, 'inotify')[0]?.message).toMatch(/^\d+ of \d+ instances and \d+ of \d+ watches/)
    }
    expect(checksOf(report, 'node')).toHaveLength(1)
    expect([code, report.healthy]).toEqual([0, true])
  })

  it('uses HOT_CONFIG_PATH, and prints text with what to do', async () => {
    await using folder = await CliFolder.create({ 'app.yaml': 'a: [' })
    const { code, stdout } = await runCli(['doctor'], { env: { HOT_CONFIG_PATH: folder.path } })
    expect(stdout).toMatch(/^warning mount: .* is a plain folder and no mounted volume/m)
    expect(stdout).toMatch(/^problem content: .*app\.yaml.*\n {8}correct the ConfigMap/m)
    expect(code).toBe(1)
  })

  it('finds a folder that does not exist', async () => {
    const { code, stdout } = await runCli(['doctor', '/does/not/exist'])
    expect(stdout).toMatch(
      /^problem mount: \/does\/not\/exist can't be read: it does not exist\n {8}mount the ConfigMap/m,
    )
    expect(code).toBe(1)
  })

  it('finds a clock that is behind that of the node', async () => {
    await using folder = await CliFolder.create({ '..2099_01_01_00_00_00.1/app.yaml': 'a: 1' })
    await symlink('..2099_01_01_00_00_00.1', join(folder.path, '..data'))
    const report = reportOf((await runCli(['doctor', '--json', folder.path])).stdout)
    expect(checksOf(report, 'clock')).toMatchObject([{ status: 'warning' }])
  })

  it('finds two copies of core in a program', async () => {
    const manifest = (version: string): string => JSON.stringify({ name: '@hot-config/core', version })
    await using folder = await CliFolder.create({
      'node_modules/@hot-config/core/package.json': manifest('1.0.0'),
      'app.yaml': 'a: 1',
    })
    const run = async (): Promise<Check[]> =>
      checksOf(reportOf((await folder.run(['doctor', '--json', 'app.yaml'])).stdout), 'core')
    expect(await run()).toMatchObject([{ status: 'ok' }])
    await folder.write({ 'node_modules/a/node_modules/@hot-config/core/package.json': manifest('2.0.0') })
    expect(await run()).toMatchObject([
      { status: 'warning', message: expect.stringMatching(/^there are 2 copies.*1\.0\.0.*2\.0\.0/) as string },
    ])
  })

  it.skipIf(!hasMountNamespaces)('finds a mount with subPath, made as the kubelet makes it', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'a: 1' })
    await using folder = await CliFolder.create({ 'etc/app.yaml': '' })
    const bind =
      'mount --bind "$(readlink -f "$1/app.yaml")" "$2/etc/app.yaml" && exec "$3" "$4" doctor --json "$2/etc"'
    const args = [
      '-m',
      '--propagation',
      'private',
      'sh',
      '-c',
      bind,
      'sh',
      volume.path,
      folder.path,
      process.execPath,
      CLI,
    ]
    const failed = (await promisify(execFile)('unshare', args).catch((error: unknown) => error)) as {
      code: number
      stdout: string
    }
    const report = reportOf(failed.stdout)
    expect(checksOf(report, 'mount')[0]).toMatchObject({
      status: 'problem',
      message: expect.stringContaining('mounted with subPath, which never sees an update') as string,
    })
    expect(failed.code).toBe(1)
  })
})

describe.skipIf(!hasMountNamespaces)('hot-config doctor in a pod', () => {
  /** Runs it with the files of a service account, and an API server that allows these verbs. */
  async function inPod(allowed: readonly string[]): Promise<Report> {
    await using folder = await CliFolder.create({ 'app.yaml': 'a: 1' })
    const account = join(folder.path, 'account')
    await mkdir(account)
    const { key, cert, caFile } = createCertificate(folder.path)
    await writeFile(join(account, 'ca.crt'), cert)
    await writeFile(join(account, 'token'), 'the-token')
    await writeFile(join(account, 'namespace'), 'shop')
    expect(caFile).toBeTruthy()
    const server = createServer({ key, cert }, (request, response) => {
      let text = ''
      request.on('data', (chunk: Buffer) => (text += chunk.toString()))
      request.on('end', () => {
        const { spec } = JSON.parse(text) as { spec: { resourceAttributes: Record<string, string> } }
        const { verb, resource, namespace } = spec.resourceAttributes
        const isAllowed = allowed.includes(`${verb} ${resource}`) && namespace === 'shop'
        response.statusCode = request.headers.authorization === 'Bearer the-token' ? 201 : 401
        response.end(JSON.stringify({ status: { allowed: isAllowed } }))
      })
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const at = '/var/run/secrets/kubernetes.io/serviceaccount'
    const script = `mount -t tmpfs none /run && mkdir -p ${at} && mount --bind "$1" ${at} && exec "$2" "$3" doctor --json "$4"`
    const args = [
      '-m',
      '--propagation',
      'private',
      'sh',
      '-c',
      script,
      'sh',
      account,
      process.execPath,
      CLI,
      join(folder.path, 'app.yaml'),
    ]
    const env = { ...process.env, KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port) }
    try {
      return reportOf((await promisify(execFile)('unshare', args, { env })).stdout)
    } finally {
      server.close()
    }
  }

  it('says what the service account may do, and what it needs for more', async () => {
    const report = await inPod(['list configmaps', 'watch configmaps', 'create events'])
    expect(checksOf(report, 'api').map(({ status, message }) => [status, message])).toEqual([
      ['ok', 'may list and watch configmaps: configMap() works'],
      ['warning', 'may not list and watch secrets in namespace shop'],
      ['warning', 'may not patch events in namespace shop'],
    ])
    expect(checksOf(report, 'clock')).toMatchObject([{ status: 'ok' }])
  })
})
