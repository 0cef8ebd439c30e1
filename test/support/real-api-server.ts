import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { ask, must } from './api-server.ts'
import type { ApiServer } from './api-server.ts'

const assets = process.env['KUBEBUILDER_ASSETS']

/** Whether kube-apiserver and etcd are at hand. */
export const hasApiServer: boolean = assets !== undefined

/** The path of one of the tools beside them, such as `kubectl`. */
export function assetPath(name: string): string {
  return join(assets ?? '', name)
}

export interface RealApiServer extends ApiServer {
  /** For kubectl. */
  readonly kubeconfig: string
}

const START_TIMEOUT_MS = 60_000
const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'

/** Starts etcd and kube-apiserver, with all they write in a folder of their own. */
export async function startRealApiServer(): Promise<RealApiServer> {
  const folder = await mkdtemp(join(tmpdir(), 'api-server-'))
  const [etcdPort, peerPort, port] = (await freePorts(3)) as [number, number, number]
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  const [adminToken, readerToken] = ['admin-token', 'reader-token']
  const url = `https://127.0.0.1:${port}`
  const at = (name: string): string => join(folder, name)
  await writeFile(at('sa.pub'), publicKey)
  await writeFile(at('sa.key'), privateKey)
  await writeFile(at('tokens.csv'), `${adminToken},admin,admin,system:masters\n${readerToken},reader,reader,\n`)
  await writeFile(at('kubeconfig'), kubeconfigOf(url, adminToken))

  const etcdUrl = `http://127.0.0.1:${etcdPort}`
  const etcd = run('etcd', at('etcd.log'), [
    `--data-dir=${at('etcd')}`,
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    '--unsafe-no-fsync',
  ])
  let api: ChildProcess | undefined

  const server: RealApiServer = {
    url,
    adminToken,
    readerToken,
    kubeconfig: at('kubeconfig'),
    caFile: at('certs/apiserver.crt'),

    async kill() {
      await end(api)
      api = undefined
    },

    async start() {
      api = run('kube-apiserver', at('api.log'), [
        `--etcd-servers=${etcdUrl}`,
        '--bind-address=127.0.0.1',
        '--advertise-address=127.0.0.1',
        `--secure-port=${port}`,
        `--cert-dir=${at('certs')}`,
        `--token-auth-file=${at('tokens.csv')}`,
        '--authorization-mode=RBAC',
        `--service-account-key-file=${at('sa.pub')}`,
        `--service-account-signing-key-file=${at('sa.key')}`,
        '--service-account-issuer=https://kubernetes.default.svc',
        '--api-audiences=https://kubernetes.default.svc',
        '--disable-admission-plugins=ServiceAccount',
        '--service-cluster-ip-range=10.0.0.0/24',
      ])
      const end = performance.now() + START_TIMEOUT_MS
      for (;;) {
        // readiness comes a moment before the namespace
        const paths = ['/readyz', '/api/v1/namespaces/default']
        const answers = await Promise.all(paths.map((path) => ask(server, 'GET', path).catch(() => undefined)))
        if (answers.every((answer) => answer?.status === 200)) return
        if (api.exitCode !== null || performance.now() > end) {
          throw new Error(`kube-apiserver did not start: ${(await readFile(at('api.log'), 'utf8')).slice(-2_000)}`)
        }
        await delay(100)
      }
    },

    async forget() {
      await server.kill()
      const post = async (path: string, body: object): Promise<any> =>
        (await fetch(etcdUrl + path, { method: 'POST', body: JSON.stringify(body) })).json()
      const { header } = await post('/v3/kv/range', { key: 'AA==' })
      await post('/v3/kv/compaction', { revision: header.revision, physical: true })
      await server.start()
    },

    async watches() {
      const { text } = await must(server, 'GET', '/metrics')
      const gauges = String(text).match(
        /^apiserver_longrunning_gauge\{.*resource="configmaps".*verb="WATCH".*\} \d+$/gm,
      )
      return (gauges ?? []).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
    },

    async allow(allowed) {
      if (!allowed) await must(server, 'DELETE', `${RBAC}/rolebindings/reader`)
      else await must(server, 'POST', `${RBAC}/rolebindings`, BINDING)
      const expected = allowed ? 200 : 403
      const path = '/api/v1/namespaces/default/configmaps?limit=1'
      while ((await ask(server, 'GET', path, undefined, readerToken)).status !== expected) await delay(20)
    },

    async [Symbol.asyncDispose]() {
      await Promise.all([end(api), end(etcd)])
      await rm(folder, { recursive: true, force: true })
    },
  }
  try {
    await server.start()
    await must(server, 'POST', `${RBAC}/roles`, ROLE)
    await server.allow(true)
    return server
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}

const ROLE = {
  metadata: { name: 'reader' },
  rules: [
    { apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['list', 'watch'] },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
  ],
}

const BINDING = {
  metadata: { name: 'reader' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'reader' }],
}

function kubeconfigOf(server: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin', namespace: 'default' } }],
    'current-context': 'test',
  })
}

/** Every process that was started, so that none outlives the tests, whatever ends them. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

function run(name: string, logFile: string, flags: readonly string[]): ChildProcess {
  const child = spawn(assetPath(name), flags, { stdio: ['ignore', 'pipe', 'pipe'] })
  const log = createWriteStream(logFile, { flags: 'a' })
  child.stdout.pipe(log, { end: false })
  child.stderr.pipe(log, { end: false })
  child.once('close', () => log.end())
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

/**
 * Ports that nothing listens on, all different. Below those that the system gives to whoever asks for any, who could take
 * one of them before the server that it is for does.
 */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    const server = createServer().listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
      ports.add(port)
    } catch {
      // somebody listens there
    }
    server.close()
  }
  return Array.from(ports)
}
