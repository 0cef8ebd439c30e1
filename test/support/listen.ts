import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'

/** A server on the loopback interface. Disposal also ends open requests, so that none of them delays a test. */
export interface ListeningServer extends AsyncDisposable {
  readonly url: string
  /** Stops listening, and waits for open requests. */
  close(): Promise<void>
}

/** Serves HTTP on a free port. */
export async function listen(listener: RequestListener): Promise<ListeningServer> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = promisify(server.close.bind(server))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close,
    async [Symbol.asyncDispose]() {
      const closed = close()
      server.closeAllConnections()
      await closed
    },
  }
}
