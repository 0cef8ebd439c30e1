import { Agent, get } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

const CONNECTIONS = 4
/** Between an answer and the next request of a connection. */
const PAUSE_MS = 10
const TIMEOUT_MS = 10_000
const MAX_KEPT = 10

/** Sends requests to an app, over a few connections that are kept alive, until it is stopped. */
export class SteadyLoad {
  /** Answered with 200. */
  answered = 0
  /** Answered with 500 by a value that makes requests fail. */
  spoiled = 0
  /** Failed in any other way. There must be none. */
  failed = 0
  /** The first of these. */
  readonly failures: string[] = []
  readonly #port: number
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  readonly #senders: Promise<void>[]
  #isOver = false

  constructor(port: number) {
    this.#port = port
    this.#senders = Array.from({ length: CONNECTIONS }, () => this.#send())
  }

  /** Waits for the requests that were sent. */
  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#senders)
    this.#agent.destroy()
  }

  async #send(): Promise<void> {
    while (!this.#isOver) {
      try {
        const { status, text } = await this.#get()
        const { count, copy, fails } = JSON.parse(text) as { count?: number; copy?: number; fails?: boolean }
        if (count === undefined || count !== copy) this.#fail(`${status} ${text}`)
        else if (status === 200 && fails === false) this.answered++
        else if (status === 500 && fails === true) this.spoiled++
        else this.#fail(`${status} ${text}`)
      } catch (error) {
        this.#fail(String(error))
      }
      await delay(PAUSE_MS)
    }
  }

  #get(): Promise<{ readonly status: number; readonly text: string }> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, agent: this.#agent, timeout: TIMEOUT_MS }
      const sent = get(options, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        answer.on('error', reject).on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
      })
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)))
      sent.on('error', reject)
    })
  }

  #fail(what: string): void {
    this.failed++
    if (this.failures.length < MAX_KEPT) this.failures.push(what)
  }
}
