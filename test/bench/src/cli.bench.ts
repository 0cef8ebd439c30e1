import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { createHotConfig, values } from '@hot-config/core'

import { FakePods } from '../../support/fake-pods.ts'
import { compare } from './measure.ts'
import type { Row } from './measure.ts'
import { rounds } from './rounds.ts'

const ROUNDS = rounds(20, 5)
const COUNT = 1_000
const CONCURRENCY = 50
const CLI = join(dirname(createRequire(import.meta.url).resolve('hot-config/package.json')), 'dist/bin.js')

const run = promisify(execFile)

export default async function cli(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-cli-'))
  try {
    return [...(await measureValidate(folder)), ...(await measureHelp()), ...(await measureStatus(folder))]
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function measureValidate(folder: string): Promise<Row[]> {
  const manifests = join(folder, 'manifests')
  const schema = join(folder, 'config.ts')
  await mkdir(manifests)
  await writeFile(schema, SCHEMA)
  for (let index = 0; index < COUNT; index++) await writeFile(join(manifests, `shop-${index}.yaml`), manifestOf(index))
  const parser = fileURLToPath(new URL('cli-app.js', import.meta.url))
  const times = await inTurns({
    validate: () => cpuOf(CLI, 'validate', '--schema', schema, manifests),
    one: () => cpuOf(CLI, 'validate', '--schema', schema, join(manifests, 'shop-0.yaml')),
    parse: () => cpuOf(parser, manifests),
    parseAll: () => cpuOf(parser, manifests, 'documents'),
    node: () => cpuOf('-e', '0'),
  })
  const { validate, one, parse, parseAll, node } = times
  const what = `validate of ${COUNT} ConfigMaps`
  return [
    compare(what, validate, 'a process that parses them with js-yaml', parse, 'ms', { atMost: 5 }),
    compare(what, validate, 'a process that also parses the documents in them', parseAll, 'ms'),
    compare('validate of one ConfigMap', one, 'node -e 0', node, 'ms'),
  ]
}

async function measureHelp(): Promise<Row[]> {
  const { help, node } = await inTurns({ help: () => cpuOf(CLI, '--help'), node: () => cpuOf('-e', '0') })
  return [compare('--help', help, 'node -e 0', node, 'ms')]
}

/** Asks stand-ins for pods, by way of the real kubectl. */
async function measureStatus(folder: string): Promise<Row[]> {
  const assets = process.env['KUBEBUILDER_ASSETS']
  if (assets === undefined) {
    console.error('bench: !!! KUBEBUILDER_ASSETS is not set: status is NOT MEASURED !!!')
    return []
  }
  const config = await createHotConfig({ sources: values({ a: 1 }), logger: false })
  const pods = new FakePods()
  for (let index = 0; index < COUNT; index++) pods.reports.set(`shop-${index}`, config.health())
  const kubeconfig = await pods.start()
  const KUBECONFIG = join(folder, 'kubeconfig')
  await writeFile(KUBECONFIG, kubeconfig)
  const env = { ...process.env, KUBECONFIG, PATH: `${assets}:${process.env['PATH']}` }
  const args = [CLI, 'status', '-l', 'app=shop', '--concurrency', String(CONCURRENCY)]
  const { clusters } = JSON.parse(kubeconfig) as { clusters: [{ cluster: { server: string } }] }
  const { server } = clusters[0].cluster
  try {
    const { status, bare } = await inTurns({
      status: () => secondsOf(() => run(process.execPath, args, { env })),
      bare: () => secondsOf(() => askAll(server)),
    })
    const against = `the same requests to the API server alone, ${CONCURRENCY} at once`
    return [compare(`status of ${COUNT} pods`, status, against, bare, 's')]
  } finally {
    pods.close()
    await config.close()
  }
}

async function askAll(server: string): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY })
  const urls = Array.from(
    { length: COUNT },
    (_, index) => `${server}/api/v1/namespaces/shop/pods/shop-${index}:3000/proxy/config/health`,
  )
  const ask = (url: string): Promise<string> =>
    new Promise((resolve, reject) => {
      get(url, { agent }, (answer) => void text(answer).then(resolve, reject)).on('error', reject)
    })
  await Promise.all(urls.map(ask))
  agent.destroy()
}

/** Measures in turns, so that what the machine does meanwhile meets all. The first ones read from the disk. */
async function inTurns<K extends string>(
  measures: Readonly<Record<K, () => Promise<number>>>,
): Promise<Record<K, number[]>> {
  const entries = Object.entries(measures) as [K, () => Promise<number>][]
  const samples = Object.fromEntries(entries.map(([name]) => [name, [] as number[]])) as Record<K, number[]>
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, measure] of entries) {
      const sample = await measure()
      if (round >= 0) samples[name].push(sample)
    }
  }
  return samples
}

/** The CPU time of Node with these arguments and of the processes that it starts, in milliseconds. */
async function cpuOf(...args: readonly string[]): Promise<number> {
  const { stdout } = await run('sh', ['-c', '"$@" > /dev/null || exit; times', 'sh', process.execPath, ...args])
  const children = stdout.trim().split('\n').at(-1) ?? ''
  const times = Array.from(children.matchAll(/(\d+)m([\d.]+)s/g), ([, minutes, seconds]) => [minutes, seconds])
  return times.reduce((sum, [minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1_000, 0)
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

const SCHEMA = `export default {
  log: { level: { format: ['info', 'debug'], default: 'info', env: 'LOG_LEVEL' } },
  pool: { max: { format: 'int', default: 10 } },
  flags: { list: { format: Array, default: [] }, beta: { format: Boolean, default: false } },
  server: { host: { format: String, default: '' }, port: { format: 'port', default: 80 } },
}
`

function manifestOf(index: number): string {
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: shop-${index}
  labels: { app: shop }
data:
  app.yaml: |
    log:
      level: ${index % 2 === 0 ? 'info' : 'debug'}
    pool:
      max: ${index}
    flags:
      list: [a, b, c]
      beta: true
    server:
      host: shop-${index}.example.com
      port: 8080
`
}
