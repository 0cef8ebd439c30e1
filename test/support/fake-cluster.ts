import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

type Json = Record<string, any>

/** One thing that happened to an object. */
interface Log {
  readonly version: number
  readonly resource: string
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: Json
  readonly before: Json | undefined
}

const KINDS: Record<string, string> = { configmaps: 'ConfigMap', secrets: 'Secret', events: 'Event' }
const PATH = /^\/api\/v1\/namespaces\/([^/]+)\/(\w+)(?:\/([^/]+))?$/

/** What a request is about. */
interface Place {
  readonly namespace: string
  readonly resource: string
  readonly name: string | undefined
  readonly url: URL
}

const LATEST_MS = 300

export const ADMIN = 'admin-token'
export const READER = 'reader-token'

/** The objects of a fake API server, and its answers. */
export class FakeCluster {
  allowed = true
  #version = 100
  #oldest = 0
  readonly #objects = new Map<string, Json>()
  #log: Log[] = []
  readonly #watchers = new Set<(entry: Log) => void>()

  get watches(): number {
    return this.#watchers.size
  }

  forget(): void {
    this.#version++
    this.#oldest = this.#version
    this.#log = []
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'https://fake')
    const [, namespace = '', resource = '', name] = url.pathname.match(PATH) ?? []
    const { method = 'GET' } = request
    let text = ''
    request.setEncoding('utf8')
    for await (const chunk of request as AsyncIterable<string>) text += chunk
    const watch = url.searchParams.has('watch')
    const refusal = this.#refusal(request.headers.authorization, method, { namespace, resource, name, url })
    if (refusal) return send(response, refusal)
    if (!(resource in KINDS)) {
      response.writeHead(404).end('404 page not found\n')
      return
    }
    if (method === 'GET' && name === undefined) {
      if (/\bin \($/.test(url.searchParams.get('labelSelector') ?? '')) send(response, UNFINISHED_SELECTOR)
      else if (watch) this.#watch(resource, url, response)
      else this.#list(resource, url, response)
      return
    }
    send(response, this.#change(method, resource, name, text === '' ? {} : (JSON.parse(text) as Json)))
  }

  #refusal(
    authorization: string | undefined,
    method: string,
    { namespace, resource, name, url }: Place,
  ): Json | undefined {
    if (authorization === `Bearer ${ADMIN}`) return undefined
    if (authorization !== `Bearer ${READER}`) return status(401, 'Unauthorized', 'Unauthorized')
    const reads = method === 'GET' && name === undefined && resource !== 'events'
    const writes = resource === 'events' && (method === 'POST' || method === 'PATCH')
    if (this.allowed && namespace === 'default' && (reads || writes)) return undefined
    const named = name ?? url.searchParams.get('fieldSelector')?.replace('metadata.name=', '')
    const verb = VERBS[method]?.[name === undefined ? 0 : 1] ?? method
    const watching = verb === 'list' && url.searchParams.has('watch') ? 'watch' : verb
    const what = `cannot ${watching} resource "${resource}" in API group "" in the namespace "${namespace}"`
    const message = `${resource}${named ? ` "${named}"` : ''} is forbidden: User "reader" ${what}`
    return status(403, 'Forbidden', message, { ...(named && { name: named }), kind: resource })
  }

  #list(resource: string, url: URL, response: ServerResponse): void {
    const version = Number(url.searchParams.get('resourceVersion') ?? 0)
    if (version > this.#version) {
      setTimeout(() => send(response, tooLarge(version, this.#version)), LATEST_MS)
      return
    }
    const items = this.#selected(resource, url).map(({ kind: _kind, apiVersion: _apiVersion, ...object }) => object)
    const metadata = { resourceVersion: String(this.#version) }
    send(response, { kind: `${KINDS[resource]}List`, apiVersion: 'v1', metadata, items })
  }

  #selected(resource: string, url: URL): Json[] {
    return Array.from(this.#objects.entries())
      .filter(([key, object]) => key.startsWith(`${resource}/`) && selects(url, object))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object)
  }

  #watch(resource: string, url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion') ?? 0)
    const write = (type: string, object: Json): void => void response.write(`${JSON.stringify({ type, object })}\n`)
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    if (from > 0 && from < this.#oldest) {
      write('ERROR', status(410, 'Expired', `too old resource version: ${from} (${this.#oldest})`))
      response.end()
      return
    }
    const tell = (entry: Log): void => {
      if (entry.version <= from || entry.resource !== resource) return
      const now = entry.type !== 'DELETED' && selects(url, entry.object)
      const before = entry.before !== undefined && selects(url, entry.before)
      if (now) write(before ? 'MODIFIED' : 'ADDED', entry.object)
      else if (before) write('DELETED', withVersion(entry.before ?? {}, entry.version))
    }
    if (from > 0) this.#log.forEach(tell)
    // any version: the objects as they are
    else for (const object of this.#selected(resource, url)) write('ADDED', object)
    this.#watchers.add(tell)
    const timer = setTimeout(
      () => {
        // a real server tells nothing but news, and so does this
        if (url.searchParams.has('allowWatchBookmarks') && this.#version > from) {
          const metadata = { resourceVersion: String(this.#version), creationTimestamp: null }
          write('BOOKMARK', { kind: KINDS[resource], apiVersion: 'v1', metadata })
        }
        // it closes only when everything is sent
        this.#watchers.delete(tell)
        response.end()
      },
      Number(url.searchParams.get('timeoutSeconds') ?? 1_800) * 1_000,
    ).unref()
    response.on('close', () => {
      clearTimeout(timer)
      this.#watchers.delete(tell)
    })
  }

  #change(method: string, resource: string, name: string | undefined, body: Json): Json {
    const named = name ?? String(body['metadata']?.name)
    const key = `${resource}/${named}`
    const before = this.#objects.get(key)
    const kind = KINDS[resource] ?? ''
    const details = { name: named, kind: resource }
    if (method === 'POST') {
      if (before) return status(409, 'AlreadyExists', `${resource} "${named}" already exists`, details)
      return { ...this.#store(key, resource, 'ADDED', made(kind, body)), [CODE]: 201 }
    }
    if (!before) return status(404, 'NotFound', `${resource} "${named}" not found`, details)
    if (method === 'GET') return before
    if (method === 'DELETE') {
      this.#objects.delete(key)
      this.#version++
      this.#record(resource, 'DELETED', withVersion(before, this.#version), before)
      const { uid } = before['metadata']
      return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { ...details, uid } }
    }
    const expected: unknown = body['metadata']?.resourceVersion
    if (method === 'PUT' && expected !== undefined && expected !== before['metadata'].resourceVersion) {
      const message = `Operation cannot be fulfilled on ${resource} "${named}": the object has been modified`
      return status(409, 'Conflict', message, details)
    }
    const after =
      method === 'PATCH' ? (mergePatch(before, body) as Json) : { ...made(kind, body), metadata: before['metadata'] }
    const frozen = before['immutable'] === true && JSON.stringify(after['data']) !== JSON.stringify(before['data'])
    if (frozen) {
      const cause = 'Forbidden: field is immutable when `immutable` is set'
      const causes = [{ reason: 'FieldValueForbidden', message: cause, field: 'data' }]
      return status(422, 'Invalid', `${kind} "${named}" is invalid: data: ${cause}`, { name: named, kind, causes })
    }
    // nothing is written that is the same as before
    if (JSON.stringify(after) === JSON.stringify(before)) return before
    return this.#store(key, resource, 'MODIFIED', after)
  }

  #store(key: string, resource: string, type: Log['type'], object: Json): Json {
    const before = this.#objects.get(key)
    const stored = withVersion(object, ++this.#version)
    this.#objects.set(key, stored)
    this.#record(resource, type, stored, before)
    return stored
  }

  #record(resource: string, type: Log['type'], object: Json, before: Json | undefined): void {
    const entry = { version: this.#version, resource, type, object, before }
    this.#log.push(entry)
    for (const tell of this.#watchers) tell(entry)
  }
}

const CODE = Symbol('code')

const VERBS: Record<string, readonly [string, string]> = {
  GET: ['list', 'get'],
  POST: ['create', 'create'],
  PUT: ['update', 'update'],
  PATCH: ['patch', 'patch'],
  DELETE: ['deletecollection', 'delete'],
}

function made(kind: string, { metadata, ...rest }: Json): Json {
  const creationTimestamp = new Date().toISOString().replace(/\.\d+/, '')
  const { stringData = {}, ...content } = rest
  const encoded = Object.entries(stringData as Record<string, string>).map(([key, text]) => [
    key,
    Buffer.from(text).toString('base64'),
  ])
  return {
    kind,
    apiVersion: 'v1',
    metadata: { ...metadata, namespace: 'default', uid: randomUUID(), creationTimestamp },
    ...content,
    ...(encoded.length > 0 && { data: { ...content['data'], ...Object.fromEntries(encoded) } }),
    ...(kind === 'Secret' && { type: content['type'] ?? 'Opaque' }),
  }
}

function withVersion(object: Json, version: number): Json {
  return { ...object, metadata: { ...object['metadata'], resourceVersion: String(version) } }
}

/** RFC 7396 */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Json = { ...(target as Json) }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return result
}

function selects(url: URL, object: Json): boolean {
  const name = url.searchParams.get('fieldSelector')?.match(/^metadata\.name=(.+)$/)?.[1]
  const labels = url.searchParams.get('labelSelector')?.split(',') ?? []
  return (
    (name === undefined || object['metadata'].name === name) &&
    labels.every((label) => {
      const [key = '', value] = label.split('=')
      return object['metadata'].labels?.[key] === value
    })
  )
}

function status(code: number, reason: string, message: string, details?: Json): Json {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details && { details }),
    code,
  }
}

/** The answer to `app in (`. The fake understands no other selectors than `app=shop`. */
const UNFINISHED_SELECTOR = status(
  400,
  'BadRequest',
  "unable to parse requirement: found '', expected: ',', ')' or identifier",
)

function tooLarge(version: number, current: number): Json {
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }]
  const message = `Timeout: Too large resource version: ${version}, current: ${current}`
  return status(504, 'Timeout', message, { causes, retryAfterSeconds: 1 })
}

function send(response: ServerResponse, body: Json): void {
  const failed = body['kind'] === 'Status' && body['status'] === 'Failure'
  const code = failed ? (body['code'] as number) : ((body as { [CODE]?: number })[CODE] ?? 200)
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
