import { connect } from 'node:net'

/** How long a client waits for an answer. */
const PATIENCE_MS = 10_000

/** An answer as it came over the wire. */
export interface RawAnswer {
  /** `undefined` when the server ended the connection without one. */
  readonly status: number | undefined
  readonly head: string
  readonly body: string
  header(name: string): string | undefined
}

/** Sends bytes that no client library would, and returns what comes back until the server closes. */
export function askRaw(url: string, request: string): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect({ host: hostname.replaceAll(/[[\]]/g, ''), port: Number(port) }, () =>
      socket.end(request, 'latin1'),
    )
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`no answer to ${JSON.stringify(request)}`)))
    socket.setEncoding('latin1')
    socket.on('data', (piece: string) => (text += piece))
    // the server may close before it has read all of the request
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EPIPE' || error.code === 'ECONNRESET' ? undefined : reject(error),
    )
    socket.on('close', () => resolve(answerOf(Buffer.from(text, 'latin1').toString('utf8'))))
  })
}

function answerOf(received: string): RawAnswer {
  // those before the answer, such as 100 for `expect: 100-continue`
  const text = received.replace(/^(?:HTTP\/1\.1 1\d\d [^]*?\r\n\r\n)+/, '')
  const end = text.indexOf('\r\n\r\n')
  const head = text.slice(0, Math.max(end, 0))
  const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]
  return {
    status: status === undefined ? undefined : Number(status),
    head,
    body: text.slice(end + 4),
    header: (name) => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim(),
  }
}
