import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { connect as connectTcp } from 'node:net'
import { connect } from 'node:tls'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { load } from 'js-yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { must } from '../support/api-server.ts'
import { createCertificate } from '../support/certificate.ts'
import { CliFolder, configMapManifest } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'
import { assetPath, hasApiServer, startRealApiServer } from '../support/real-api-server.ts'
import type { RealApiServer } from '../support/real-api-server.ts'
import { Webhook } from '../support/webhook.ts'

const SCHEMA = `export default {
  log: { level: { format: ['info', 'debug'], default: 'info' } },
  db: { password: { format: ['a'], default: 'a', sensitive: true } },
  hang: { format: (value) => { if (value) for (;;); }, default: false },
}`

const configMap = (text: string, name = 'shop-config'): object => ({
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data: { 'app.yaml': text },
})

describe('hot-config webhook', () => {
  let webhook: Webhook

  beforeAll(async () => {
    webhook = await Webhook.start(SCHEMA, '--restart-required', 'log', '--schema-timeout', '3s')
  })

  afterAll(() => webhook[Symbol.asyncDispose]())

  it('rejects an object with the line and path of each problem', async () => {
    expect(await webhook.review(configMap('log:\n  level: loud'))).toEqual({
      uid: 'u1',
      allowed: false,
      status: {
        code: 422,
        reason: 'Invalid',
        message: 'app.yaml:2:3 log.level must be one of the possible values: ["info","debug"]',
      },
    })
  })

  it.each([
    ['a label is added', { labels: { team: 'shop' } }],
    ['it is being deleted', { deletionTimestamp: '2026-11-24T12:00:00Z' }],
  ])('accepts bad content that is there already, with a warning, when %s', async (_what, metadata) => {
    const before = configMap('log:\n  level: loud') as { metadata: object }
    expect(await webhook.review({ ...before, metadata: { ...before.metadata, ...metadata } }, before)).toEqual({
      uid: 'u1',
      allowed: true,
      warnings: ['app.yaml:2:3 log.level must be one of the possible values: ["info","debug"]'],
    })
    expect(await webhook.review(before, configMap('log:\n  level: louder'))).toMatchObject({ allowed: false })
  })

  it('accepts a valid object, with warnings about unknown names and what waits for a restart', async () => {
    expect(await webhook.review(configMap('log: { level: info }'))).toEqual({ uid: 'u1', allowed: true })
    const { allowed, warnings } = await webhook.review(
      configMap('log: { level: info, levle: x }'),
      configMap('log: { level: debug }'),
    )
    expect(allowed).toBe(true)
    expect(warnings).toEqual([
      expect.stringMatching(/^app\.yaml:1:\d+ log\.levle is unknown to the schema; did you mean "level"\?/),
      expect.stringMatching(/^log.* changes only with a restart/),
    ])
  })

  it('accepts all objects beside a misspelt path of an option, with a warning', async () => {
    await using misspelt = await Webhook.start(SCHEMA, '--redact', 'db.pasword')
    expect(await misspelt.review(configMap('log: { level: info }'))).toEqual({
      uid: 'u1',
      allowed: true,
      warnings: ['--redact db.pasword is in neither the schema nor the configuration, did you mean db.password?'],
    })
  })

  it('rejects an update that takes everything away, as a service does', async () => {
    const { allowed } = await webhook.review({ ...configMap(''), data: null }, configMap('log: { level: info }'))
    expect(allowed).toBe(false)
  })

  it('accepts a canary, its end, and with a warning a share that makes no sense', async () => {
    const canary = (share: string) => ({
      ...configMap('log: { level: debug }'),
      data: { 'app.yaml': 'log: { level: debug }', 'hot-config.share': share },
    })
    expect(await webhook.review(canary('10%'))).toEqual({ uid: 'u1', allowed: true })
    expect(await webhook.review({ ...configMap(''), data: null }, canary('10%'))).toMatchObject({ allowed: true })
    const { allowed, warnings } = await webhook.review(canary('ten'))
    expect(allowed).toBe(true)
    expect(warnings).toEqual([expect.stringContaining('hot-config.share: expected a percentage from 0% to 100%')])
  })

  it('accepts objects of other names, and deletions', async () => {
    expect(await webhook.review(configMap('log: 1', 'other'))).toEqual({ uid: 'u1', allowed: true })
    expect(await webhook.review(null as never, configMap('log: 1'))).toEqual({ uid: 'u1', allowed: true })
  })

  it('reviews with the schema of the kind that its name has', async () => {
    await using other = await Webhook.start(SCHEMA, '--schema', 'secret/keys=config.mjs')
    const data = { 'app.yaml': Buffer.from('log: { level: loud }').toString('base64') }
    const secret = { kind: 'Secret', metadata: { name: 'keys' }, data }
    expect(await other.review(secret)).toMatchObject({ allowed: false })
    expect(await other.review(configMap('log: { level: loud }', 'keys'))).toEqual({ uid: 'u1', allowed: true })
  })

  it('never shows a secret, also of a Secret', async () => {
    const data = { 'app.yaml': Buffer.from('db: { password: hunter2-secret }').toString('base64') }
    const answers = [
      await webhook.review({ kind: 'Secret', metadata: { name: 'shop-config' }, data }),
      await webhook.review(configMap('db: { password: hunter2-secret }')),
    ]
    expect(answers.map(({ allowed }) => allowed)).toEqual([false, false])
    expect(JSON.stringify(answers) + webhook.running.output()).not.toContain('hunter2')
  })

  it.each([
    ['POST', '/validate', 'no JSON', 400],
    ['POST', '/validate', '{}', 400],
    ['POST', '/validate', 'null', 400],
    ['POST', '/validate', JSON.stringify({ request: { uid: 1 } }), 400],
    ['GET', '/validate', undefined, 405],
    ['GET', '/healthz', undefined, 200],
    ['GET', '/other', undefined, 404],
  ])('answers %s %s %s with %i', async (method, path, body, status) => {
    expect((await webhook.ask(method, path, body)).status).toBe(status)
  })

  it.each<[string, object]>([
    ['no object', ['shop-config']],
    ['without a kind', { metadata: { name: 'shop-config' } }],
    ['with a name that is no text', { kind: 'ConfigMap', metadata: { name: ['shop-config'] } }],
    ['with metadata that is nothing', { kind: 'ConfigMap', metadata: null }],
    ['with data that is text', { ...configMap(''), data: 'log' }],
    ['with a value that is a number', { ...configMap(''), data: { 'app.yaml': 1 } }],
    ['with a binary value that is nothing', { ...configMap(''), binaryData: { 'app.yaml': null } }],
  ])('answers 400 to an object %s, before and after, without a failure of the schema', async (_what, odd) => {
    const failures = async (): Promise<unknown> =>
      /failed"\} \d+/.exec((await webhook.ask('GET', '/metrics')).body)?.[0]
    const before = await failures()
    for (const objects of [{ object: odd }, { object: configMap('log: { level: info }'), oldObject: odd }]) {
      const { status } = await webhook.ask('POST', '/validate', JSON.stringify({ request: { uid: 'u1', ...objects } }))
      expect(status).toBe(400)
    }
    expect(await failures()).toBe(before)
  })

  it('counts no failure when the client goes away before it has sent all', async () => {
    const sent = await webhook.begin(1_000)
    const output = webhook.running.output()
    const closed = new Promise((resolve) => sent.once('error', resolve).once('close', resolve))
    sent.destroy()
    await closed
    expect(await webhook.review(configMap('log: { level: info }'))).toMatchObject({ allowed: true })
    expect((await webhook.ask('GET', '/metrics')).body).toContain('failed"} 0')
    expect(webhook.running.output()).toBe(output)
  })

  it('answers 500 when the schema does not end, and starts it again', async () => {
    const review = JSON.stringify({ request: { uid: 'u1', object: configMap('hang: true') } })
    expect((await webhook.ask('POST', '/validate', review)).status).toBe(500)
    await eventually(async () =>
      expect(await webhook.review(configMap('log: { level: info }'))).toMatchObject({ allowed: true }),
    )
    expect((await webhook.ask('GET', '/metrics')).body).toMatch(
      /^hot_config_webhook_reviews_total\{result="failed"\} [1-9]/m,
    )
  })

  it('uses a new certificate at once, but not one that does not fit its key', async () => {
    const serialOf = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect({ port: webhook.port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate().serialNumber)
          socket.destroy()
        })
        socket.on('error', reject)
      })
    const before = await serialOf()
    await webhook.folder.write({ 'tls/tls.crt': 'broken' })
    await eventually(() => expect(webhook.running.output()).toContain('not a certificate with its key'))
    expect(await serialOf()).toBe(before)
    createCertificate(join(webhook.folder.path, 'tls'))
    await eventually(async () => expect(await serialOf()).not.toBe(before))
  })
})

describe('the start and the end of hot-config webhook', () => {
  it('answers the requests that are open, and exits with 0', async () => {
    await using webhook = await Webhook.start(SCHEMA)
    const body = JSON.stringify({ request: { uid: 'u1', object: configMap('log: { level: info }') } })
    // the server has the request, and waits for its body
    const sent = await webhook.begin(body.length)
    const status = new Promise((resolve) => sent.once('response', (answer) => resolve(answer.resume().statusCode)))
    webhook.running.child.kill('SIGTERM')
    await eventually(() => expect(webhook.ask('GET', '/healthz')).rejects.toThrow('ECONNREFUSED'))
    sent.end(body)
    expect(await status).toBe(200)
    expect((await webhook.running.result).code).toBe(0)
  })

  it('answers them in the example too, which starts the command itself', () => {
    const manifest = readFileSync(new URL('../../examples/kubernetes/webhook/deployment.yaml', import.meta.url), 'utf8')
    const { spec } = load(manifest) as { spec: { template: { spec: { containers: { command: string[] }[] } } } }
    const commands = spec.template.spec.containers.map(({ command }) => command)
    // npx and npm do not wait for what they started
    expect(commands).toEqual([['node_modules/.bin/hot-config', 'webhook']])
  })

  it('exits with 0 while clients hold connections without a TLS handshake', async () => {
    await using webhook = await Webhook.start(SCHEMA)
    const begun = [Buffer.alloc(0), Buffer.from([22, 3, 1, 0, 255])].map(async (bytes) => {
      const socket = connectTcp(webhook.port, '127.0.0.1').on('error', () => undefined)
      await once(socket, 'connect')
      socket.write(bytes)
    })
    await Promise.all(begun)
    // answered after those connections are known
    await webhook.ask('GET', '/healthz')
    webhook.running.child.kill('SIGTERM')
    expect((await webhook.running.result).code).toBe(0)
  })

  it.each([
    ['without a certificate', ['--schema', 'config.mjs', '--cert-dir', '.'], /--cert-dir \.: /],
    ['with joined objects', ['--schema', 'a+b=config.mjs', '--cert-dir', '.'], /one object at a time/],
    ['with a port that is none', ['--schema', 'config.mjs', '--cert-dir', '.', '--port', '70000'], /Expected a port/],
  ])('exits with 2 %s', async (_, args, message) => {
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA })
    const { code, stderr } = await folder.run(['webhook', ...args])
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })
})

describe.skipIf(!hasApiServer)('hot-config webhook at a real API server', () => {
  let server: RealApiServer
  let webhook: Webhook

  beforeAll(async () => {
    server = await startRealApiServer()
    webhook = await Webhook.start(SCHEMA)
    const manifest = readFileSync(new URL('../../examples/kubernetes/webhook/webhook.yaml', import.meta.url), 'utf8')
    const configuration = load(manifest) as { webhooks: { clientConfig: object; failurePolicy: string }[] }
    const [hook] = configuration.webhooks
    const caBundle = (await readFile(join(webhook.folder.path, 'tls/tls.crt'))).toString('base64')
    // servers since 1.21 label each namespace with its name
    const labels = { 'kubernetes.io/metadata.name': 'default' }
    await must(server, 'PATCH', '/api/v1/namespaces/default', { metadata: { labels } })
    // the test would not notice a webhook that is never asked
    Object.assign(hook!, {
      failurePolicy: 'Fail',
      clientConfig: { url: `https://127.0.0.1:${webhook.port}/validate`, caBundle },
    })
    await must(server, 'POST', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', configuration)
  }, 60_000)

  afterAll(async () => {
    await webhook[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  async function apply(
    manifest: string,
    ...more: string[]
  ): Promise<{ stdout: string; stderr: string; code?: number }> {
    await webhook.folder.write({ 'manifest.yaml': manifest })
    const args = ['--kubeconfig', server.kubeconfig, 'apply', '-f', join(webhook.folder.path, 'manifest.yaml'), ...more]
    return promisify(execFile)(assetPath('kubectl'), args).catch(
      (error: unknown) => error as Awaited<ReturnType<typeof apply>>,
    )
  }

  it('rejects a real kubectl apply of a bad ConfigMap, and accepts a good one', async () => {
    // the API server needs a moment to read the new configuration
    const loud = configMapManifest('shop-config', { 'app.yaml': 'log:\n  level: loud' })
    await eventually(async () => expect((await apply(loud, '--dry-run=server')).stderr).toContain('denied'))
    const bad = await apply(loud)
    expect(bad.stderr).toContain('denied the request: app.yaml:2:3 log.level must be one of')
    expect(bad.code).toBe(1)
    const good = await apply(configMapManifest('shop-config', { 'app.yaml': 'log:\n  levle: info' }))
    expect(good.stdout).toContain('configmap/shop-config created')
    expect(good.stderr).toContain('Warning: app.yaml:2:3 log.levle is unknown to the schema')
    const other = await apply(configMapManifest('other', { 'app.yaml': 'log: loud' }))
    expect(other.stdout).toContain('configmap/other created')
  })
})
