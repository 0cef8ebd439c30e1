import { Agent, get } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

/** About 500 requests a second: moderate, for a server that takes some 20,000. */
const EVERY_MS = 2

/** Requests at a steady pace, which don't wait for the answers before: all that a stalled server keeps waiting count. */
export class SteadyLoad implements Disposable {
  readonly #port: number
  readonly #agent = new Agent({ keepAlive: true })
  readonly #timer: NodeJS.Timeout
  readonly #answered: { readonly sent: number; readonly ms: number }[] = []
  readonly #unanswered = new Set<number>()
  #error: Error | undefined

  constructor(port: number) {
    this.#port = port
    this.#timer = setInterval(() => this.#send(), EVERY_MS)
  }

  /**
   * How long the answers took of requests that were sent in a span of time, in milliseconds.
   *
   * @throws {Error} when any request failed
   */
  async between(from: number, to: number): Promise<number[]> {
    const isUnanswered = (): boolean => [...this.#unanswered].some((sent) => sent < to)
    while (isUnanswered() && !this.#error) await delay(1)
    if (this.#error) throw this.#error
    return this.#answered.filter(({ sent }) => sent >= from && sent < to).map(({ ms }) => ms)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#agent.destroy()
  }

  #send(): void {
    const sent = performance.now()
    this.#unanswered.add(sent)
    const request = get({ host: '127.0.0.1', port: this.#port, agent: this.#agent }, (answer) => {
      answer.resume().on('end', () => {
        this.#unanswered.delete(sent)
        this.#answered.push({ sent, ms: performance.now() - sent })
      })
    })
    request.on('error', (error) => (this.#error ??= error))
  }
}
