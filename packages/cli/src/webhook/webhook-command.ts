import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'

import { messageOf } from '@hot-config/core/internal'

import { print } from '../output.js'
import { pipelineOptionsOf } from '../pipeline-options.js'
import type { PipelineFlags } from '../pipeline-options.js'
import { printable } from '../printable.js'
import { parseSchemaChoices } from '../schemas/schema-choice.js'
import { StopSignal } from '../stop-signal.js'
import { EXIT, UsageError } from '../usage-error.js'
import { requestIn } from './admission.js'
import { Certificates } from './certificates.js'
import { Reviewer } from './reviewer.js'

/** The options of `hot-config webhook`, as the parser of arguments returns them. */
interface Options extends PipelineFlags {
  readonly schema: readonly string[]
  readonly certDir: string
  readonly port: number
  readonly host?: string
  readonly schemaTimeout: number
}

/** The largest request: an object of 1 MiB, the object before it, and the overhead of JSON. */
const MAX_BODY_BYTES = 16 * 1024 * 1024
/** How long requests that are being answered may take after the command is asked to end, in milliseconds. */
const DRAIN_MS = 10_000
/**
 * How long a client may take for the TLS handshake, in milliseconds. The server can't close a connection before that:
 * with the two minutes of Node, one that sends nothing would hold up the end of the command.
 */
const HANDSHAKE_MS = 5_000

type Result = 'allowed' | 'rejected' | 'failed'

/** @returns the exit code, when the command is asked to end */
export async function runWebhook(given: object): Promise<number> {
  const options = given as Options
  const schemas = parseSchemaChoices(options.schema)
  const joined = schemas.find(({ names = [] }) => names.length > 1)
  if (joined) throw new UsageError(`--schema ${joined.names?.join('+')}=...: a webhook sees one object at a time`)
  using stop = new StopSignal()
  await using certificates = await Certificates.follow(options.certDir)
  using reviewer = new Reviewer(schemas, pipelineOptionsOf(options), options.schemaTimeout)
  await reviewer.start()

  const counts: Record<Result, number> = { allowed: 0, rejected: 0, failed: 0 }
  const server = createServer({ ...certificates.current, handshakeTimeout: HANDSHAKE_MS }, (request, response) => {
    void answer(request, response, reviewer, counts)
  })
  certificates.onChange((certificate) => {
    server.setSecureContext(certificate)
    void print('the certificate was replaced')
  })
  await listen(server, options)
  const { address, port } = server.address() as AddressInfo
  await print(`listening on ${address.includes(':') ? `[${address}]` : address}:${port}`)
  await stop.received
  await drain(server)
  return EXIT.ok
}

async function listen(server: Server, { port, host }: Options): Promise<void> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new UsageError(
      `can't listen on port ${port}${host === undefined ? '' : ` of ${host}`}: ${(error as NodeJS.ErrnoException).code}`,
    )
  }
}

/** Answers the requests that are open, and then closes. */
async function drain(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
  await closed
  clearTimeout(timer)
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  reviewer: Reviewer,
  counts: Record<Result, number>,
): Promise<void> {
  const { method, url = '' } = request
  const [path] = url.split('?')
  if (method === 'GET' && path === '/healthz') return send(response, 200, 'text/plain', 'ok\n')
  if (method === 'GET' && path === '/metrics')
    return send(response, 200, 'text/plain; version=0.0.4', metricsOf(counts))
  if (path !== '/validate') return send(response, 404, 'text/plain', 'there are /validate, /healthz and /metrics\n')
  if (method !== 'POST') return send(response, 405, 'text/plain', 'expected POST\n')
  const body = await bodyOf(request).catch(() => 'aborted' as const)
  // The client is gone, so nobody would get an answer.
  if (body === 'aborted') return
  if (body === 'too long') return send(response, 413, 'text/plain', `more than ${MAX_BODY_BYTES} bytes\n`)
  const asked = requestIn(body.text)
  if (!asked) return send(response, 400, 'text/plain', 'expected an AdmissionReview of admission.k8s.io/v1\n')
  try {
    const reviewed = await reviewer.review(asked)
    counts[reviewed.allowed ? 'allowed' : 'rejected']++
    const { metadata: { namespace = '', name = '' } = {} } = asked.object ?? {}
    if (!reviewed.allowed) await print(printable(`rejected ${namespace}/${name}: ${reviewed.status?.message}`))
    const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: reviewed }
    send(response, 200, 'application/json', JSON.stringify(review))
  } catch (error) {
    counts.failed++
    // The policy of the webhook says what happens now: with failurePolicy Ignore, the object is accepted.
    console.error(`hot-config: ${printable(messageOf(error))}`)
    send(response, 500, 'text/plain', 'the schema failed\n')
  }
}

/** @throws when the client aborts the request */
async function bodyOf(request: IncomingMessage): Promise<{ readonly text: string } | 'too long'> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  return bytes > MAX_BODY_BYTES ? 'too long' : { text: Buffer.concat(chunks).toString('utf8') }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body)
}

function metricsOf(counts: Readonly<Record<Result, number>>): string {
  const name = 'hot_config_webhook_reviews_total'
  const lines = Object.entries(counts).map(([result, count]) => `${name}{result="${result}"} ${count}`)
  return `# HELP ${name} Objects that were reviewed.\n# TYPE ${name} counter\n${lines.join('\n')}\n`
}
