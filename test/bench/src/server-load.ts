import { once } from 'node:events'
import { connect } from 'node:net'

const CONNECTIONS = 16
const REQUEST = 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'

/**
 * Sends a fixed number of requests, over connections that are kept alive, each as soon as the one before is answered.
 * Writes to sockets itself, and never sleeps: waking it would be work of the system's that counts for who is measured, more
 * than some of what is to be compared, and not the same each time.
 *
 * @param body what every answer has to end with
 * @throws {Error} for any other answer
 */
export async function load(port: number, requests: number, body: string): Promise<void> {
  let sent = 0
  let answered = 0
  let isOver = false
  const stayAwake = (): void => {
    if (!isOver) setImmediate(stayAwake)
  }
  const follow = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true).setEncoding('latin1')
    let text = ''
    const next = (): void => {
      text = ''
      if (sent++ < requests) socket.write(REQUEST)
      else socket.end()
    }
    socket.on('connect', next).on('data', (chunk: string) => {
      text += chunk
      if (!text.startsWith('HTTP/1.1 200 ')) socket.destroy(new Error(`answered ${text.slice(0, 20)}`))
      if (!text.endsWith(body)) return
      answered++
      next()
    })
    await once(socket, 'close')
  }
  stayAwake()
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, follow))
  } finally {
    isOver = true
  }
  if (answered !== requests) throw new Error(`${answered} of ${requests} requests were answered`)
}
