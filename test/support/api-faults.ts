import type { FaultyApi } from './faulty-api.ts'
import type { FaultyProxy } from './faulty-proxy.ts'

/** Something that goes wrong between a source and the API server, and ends. */
export interface ApiFault {
  readonly name: string
  /** What it occupies. Two faults of one part can't overlap. */
  readonly part: 'server' | 'rules' | 'answers' | 'bytes' | 'connections' | 'credentials'
  begin(api: FaultyApi): void | Promise<void>
  /** Nothing for a fault that is over at once. */
  end?(api: FaultyApi): void | Promise<void>
}

const isWatch = (query: URLSearchParams): boolean => query.has('watch')
const isList = (query: URLSearchParams): boolean => !query.has('watch')

/** An answer in place of the server's, until the fault ends. */
function answer(name: string, instead: NonNullable<FaultyProxy['instead']>): ApiFault {
  return {
    name,
    part: 'answers',
    begin: ({ proxy }) => {
      proxy.instead = instead
      // watches that are open don't ask for anything
      proxy.cut()
    },
    end: ({ proxy }) => void (proxy.instead = undefined),
  }
}

/** What a proxy does to bytes that pass, until the fault ends. */
function bytes(name: string, change: Partial<Pick<FaultyProxy, 'slow' | 'buffers'>>): ApiFault {
  return {
    name,
    part: 'bytes',
    begin: ({ proxy }) => {
      Object.assign(proxy, change)
      proxy.cut()
    },
    end: ({ proxy }) => void Object.assign(proxy, { slow: undefined, buffers: undefined }),
  }
}

/** Something in the middle of a watch. */
function insert(name: string, text: string): ApiFault {
  return { name: `a watch sends ${name}`, part: 'bytes', begin: ({ proxy }) => proxy.insertNext(text) }
}

function credentials(name: string, begin: ApiFault['begin']): ApiFault {
  return {
    name,
    part: 'credentials',
    begin: async (api) => {
      await begin(api)
      // the token is read for each request, and watches that are open need none
      api.proxy.cut()
    },
    end: (api) => api.writeToken(`${api.server.readerToken}\n`),
  }
}

const html = { 'content-type': 'text/html' }
const statusOf = (code: number, more: object = {}): string => JSON.stringify({ kind: 'Status', code, ...more })
const tooLarge = { details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } }

/** What networks, proxies and API servers do, except what takes a real server seconds. */
export const API_FAULTS: readonly ApiFault[] = [
  { name: 'connections are cut', part: 'connections', begin: ({ proxy }) => proxy.cut() },
  {
    name: 'connections are half-open',
    part: 'connections',
    begin: ({ proxy }) => proxy.stall(),
    end: ({ proxy }) => proxy.resume(),
  },
  {
    name: 'connections are cut and new ones half-open',
    part: 'connections',
    begin: ({ proxy }) => {
      proxy.stall()
      proxy.cut()
    },
    end: ({ proxy }) => proxy.resume(),
  },
  {
    name: 'the CA is rotated',
    part: 'connections',
    begin: (api) => api.replaceProxy(),
    end: (api) => api.publishCa(),
  },
  { name: 'a line is cut', part: 'bytes', begin: ({ proxy }) => proxy.cutNextEvent() },
  insert('half an event', '{"type":"MODI\n'),
  insert('HTML', '<html>\n'),
  insert('an event without an object', '{"type":"MODIFIED","object":{}}\n'),
  insert('410', `{"type":"ERROR","object":${statusOf(410, { reason: 'Expired' })}}\n`),
  insert('500', `{"type":"ERROR","object":${statusOf(500)}}\n`),
  bytes('answers come late and in pieces', { slow: { bytes: 50, ms: 1 } }),
  bytes('answers come too late', { slow: { bytes: 1, ms: 40 } }),
  bytes('a proxy buffers bodies', { buffers: 'bodies' }),
  bytes('a proxy buffers answers', { buffers: 'answers' }),
  answer('401', { status: 401 }),
  answer('403', { status: 403, body: statusOf(403) }),
  answer('404', { status: 404, headers: html, body: '<h1>404</h1>' }),
  answer('410', { status: 410, body: statusOf(410, { reason: 'Expired' }) }),
  answer('429', { status: 429, headers: { 'retry-after': '1' } }),
  answer('500', { status: 500, body: statusOf(500, { message: 'etcdserver: leader changed' }) }),
  answer('503', { status: 503, headers: html, body: '<h1>503</h1>' }),
  answer('504 for lists, as the version is ahead', { status: 504, body: statusOf(504, tooLarge), to: isList }),
  answer('a page to log in', { status: 200, headers: html, body: '<h1>Log in</h1>' }),
  answer('a redirect', { status: 302, headers: { location: 'https://127.0.0.1:1/' } }),
  answer('nothing', { status: 200, headers: { 'content-type': 'application/json' } }),
  answer('500 for watches alone', { status: 500, to: isWatch }),
  answer('403 for watches alone', { status: 403, to: isWatch }),
  answer('watches that end at once', { status: 200, headers: { 'content-type': 'application/json' }, to: isWatch }),
  answer('503 for lists alone', { status: 503, to: isList }),
  credentials('the token is expired', (api) => api.writeToken('expired-token')),
  credentials('the token is no token', (api) => api.writeToken('\u0000\u{1F511}\nno token\r\n')),
  credentials('the token is empty', (api) => api.writeToken('')),
  credentials('the token is missing', (api) => api.removeToken()),
  {
    name: 'permission is taken away',
    part: 'rules',
    begin: async ({ server, proxy }) => {
      await server.allow(false)
      proxy.cut()
    },
    end: ({ server }) => server.allow(true),
  },
]

/** What a real server takes seconds for. */
export const SERVER_FAULTS: readonly ApiFault[] = [
  {
    name: 'the server is down',
    part: 'server',
    begin: ({ server }) => server.kill(),
    end: ({ server }) => server.start(),
  },
  { name: 'the server forgets all versions', part: 'server', begin: ({ server }) => server.forget() },
]
