import { connect } from 'node:tls'

import * as fc from 'fast-check'
import { expect } from 'vitest'

import { leaksIn } from '../secrets/leaks.ts'
import { OBJECT_SCHEMA_MODULE, hostileObject, isText, issuesOfCore } from '../support/hostile-objects.ts'
import type { HostileObject } from '../support/hostile-objects.ts'
import { SECRET } from '../support/hostile-texts.ts'
import { Webhook } from '../support/webhook.ts'
import { proof } from './proof.ts'

/** What a field may hold that the API server would never send. */
const anything = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    '',
    [],
    {},
    [null],
    'shop-config',
    { name: null },
    { a: 1 },
    { a: null },
    -1,
    '\0',
  ),
  fc.jsonValue(),
)

/** What the API server sends of an object. */
function reviewed({ isSecret, keys }: HostileObject): Record<string, unknown> {
  const [data, binaryData]: [Record<string, string>, Record<string, string>] = [{}, {}]
  for (const [key, bytes] of Object.entries(keys)) {
    if (isSecret) data[key] = bytes.toString('base64')
    else if (isText(bytes)) data[key] = bytes.toString('utf8')
    else binaryData[key] = bytes.toString('base64')
  }
  return {
    kind: isSecret ? 'Secret' : 'ConfigMap',
    metadata: { name: 'shop-config', namespace: 'default' },
    data,
    ...(!isSecret && { binaryData }),
  }
}

const body = (object: unknown, more: object = {}): string =>
  JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: 'u1', object, ...more },
  })

proof(
  'a webhook agrees with core about hostile objects, and shows no secret',
  { proves: ['content-is-data', 'never-invalid', 'secrets-stay-secret'], unit: 'reviews', small: 60, large: 8_000 },
  async ({ size, seed, count }) => {
    // a busy machine must not look like a schema that hangs
    await using webhook = await Webhook.start(OBJECT_SCHEMA_MODULE, '--schema-timeout', '60s')
    const property = fc.asyncProperty(hostileObject, fc.option(hostileObject, { freq: 3 }), async (object, before) => {
      count()
      const issues = await issuesOfCore(object)
      const old = before && reviewed({ ...before, isSecret: object.isSecret })
      const { status, body: answer } = await webhook.ask(
        'POST',
        '/validate',
        body(reviewed(object), { oldObject: old }),
      )
      if (status !== 200) throw new Error(`answered ${status}: ${webhook.running.output().slice(-300)}`)
      const { response } = JSON.parse(answer) as {
        response: { uid: string; allowed: boolean; status?: { message: string } }
      }
      expect(response.uid).toBe('u1')
      if (object.isSecret) expect(leaksIn(answer, [SECRET])).toEqual([])
      if (issues.length > 0) {
        expect(response.allowed).toBe(false)
        for (const { message } of issues) expect(response.status?.message).toContain(message)
      } else if (!response.allowed) {
        // an update that takes everything away
        expect([old !== null, response.status?.message]).toEqual([
          true,
          expect.stringMatching(/holds no|took away|emptied/),
        ])
      }
    })
    await fc.assert(property, { seed, numRuns: size })
    expect(webhook.running.output()).not.toMatch(/\n {4}at /)
    expect(webhook.running.child.exitCode).toBeNull()
  },
)

/** A review in which some fields are of another type than in the API. */
const oddReview = fc
  .record({
    object: hostileObject.map(reviewed),
    changes: fc.array(
      fc.tuple(
        fc.constantFrom<readonly string[]>(
          [],
          ['request'],
          ['request', 'uid'],
          ['request', 'object'],
          ['request', 'oldObject'],
          ['request', 'object', 'kind'],
          ['request', 'object', 'metadata'],
          ['request', 'object', 'metadata', 'name'],
          ['request', 'object', 'metadata', 'namespace'],
          ['request', 'object', 'data'],
          ['request', 'object', 'data', 'app.yaml'],
          ['request', 'object', 'data', '__proto__'],
          ['request', 'object', 'binaryData'],
          ['request', 'object', 'binaryData', 'b.json'],
        ),
        anything,
      ),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ object, changes }) =>
    changes.reduce<unknown>((review, [path, value]) => replaced(review, path, value), JSON.parse(body(object))),
  )

function replaced(holder: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value
  if (typeof holder !== 'object' || holder === null) return holder
  const below = (holder as Record<string, unknown>)[name]
  return { ...holder, ...Object.fromEntries([[name, replaced(below, rest, value)]]) }
}

proof(
  'a webhook answers odd reviews and requests, and goes on',
  { proves: ['content-is-data'], unit: 'requests', small: 120, large: 8_000 },
  async ({ size, seed, count }) => {
    await using webhook = await Webhook.start(OBJECT_SCHEMA_MODULE, '--schema-timeout', '60s')
    const method = fc.constantFrom(...Array<string>(20).fill('POST'), 'GET', 'PUT', 'DELETE', 'OPTIONS', 'TRACE')
    const path = fc.constantFrom(
      '/validate',
      '/validate',
      '/validate?timeout=10s',
      '/healthz',
      '/metrics',
      '/',
      '//validate',
      '/validate/..',
      '/%00',
      '*',
    )
    const text = fc.oneof(
      oddReview.map((review) => JSON.stringify(review)),
      fc.json(),
      fc.string({ unit: 'binary', maxLength: 200 }),
    )
    const asked = fc.asyncProperty(method, path, text, async (method, path, text) => {
      count()
      const { status } = await webhook.ask(method, path, text)
      expect([200, 400, 404, 405]).toContain(status)
    })
    const raw = fc.asyncProperty(fc.constantFrom(...RAW), fc.boolean(), async (text, isCut) => {
      count()
      await sendRaw(webhook.port, text, isCut)
    })
    await fc.assert(asked, { seed, numRuns: size })
    await fc.assert(raw, { seed, numRuns: Math.min(Math.ceil(size / 4), 500) })
    // None of them was the fault of the schema.
    const { status, body: metrics } = await webhook.ask('GET', '/metrics')
    expect([status, /result="failed"\} (\d+)/.exec(metrics)?.[1]]).toEqual([200, '0'])
    expect(webhook.running.output()).not.toMatch(/\n {4}at |hot-config: /)
    expect(await webhook.review(reviewed({ isSecret: false, keys: { port: Buffer.from('80') } }))).toMatchObject({
      allowed: true,
    })
  },
)

/** What no client of Node would send. */
const RAW = [
  'POST /validate HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n{"request"',
  'POST /validate HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nFFFFFFF\r\n{',
  'POST /validate HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n{}',
  'POST /validate HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n',
  'POST /validate HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
  'CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET http://a/validate HTTP/1.1\r\n\r\n',
  'GET /healthz HTTP/0.9\r\n\r\n',
  `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`,
  '\0\0\0\0',
  '\x16\x03\x01',
]

/** Sends a text over TLS, and waits until the server answers or ends the connection, unless the client does before. */
function sendRaw(port: number, text: string, isCut: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      socket.write(text, () => (isCut ? socket.destroy() : socket.setTimeout(200, () => socket.destroy())))
    })
    socket.resume()
    socket.on('data', () => socket.end())
    socket.on('close', () => resolve())
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNREFUSED' ? reject(error) : resolve()))
  })
}
