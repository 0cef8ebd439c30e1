import { execFileSync } from 'node:child_process'
import type { ExecFileSyncOptions } from 'node:child_process'

const QUIET: ExecFileSyncOptions = { stdio: ['ignore', 'ignore', 'pipe'] }

/** A kernel may lack the first, and a bridge without a port is as good. */
const KINDS = ['dummy', 'bridge'] as const

/**
 * Addresses of this machine that are not loopback, because the API server connects to no pod at a loopback address. They
 * belong to an interface that exists only for them, and are of the range for tests of networks: 198.18.0.0/15.
 */
export class PodAddresses implements Disposable {
  readonly #name: string
  readonly #net: number

  /** @throws {Error} without the capability CAP_NET_ADMIN */
  constructor() {
    this.#net = process.pid % 250
    this.#name = `hc-pods-${this.#net}`
    this.#create()
    ip('link', 'set', this.#name, 'up')
  }

  #create(): void {
    const [first, second] = KINDS
    try {
      ip('link', 'add', this.#name, 'type', first)
    } catch {
      ip('link', 'add', this.#name, 'type', second)
    }
  }

  /** @param index from 1 to 254 */
  add(index: number): string {
    const address = `198.18.${this.#net}.${index}`
    ip('address', 'add', `${address}/24`, 'dev', this.#name)
    return address
  }

  [Symbol.dispose](): void {
    ip('link', 'delete', this.#name)
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, QUIET)
}

/** Why this process can't make an interface. `undefined` when it can. */
export function whyNoPodAddresses(): string | undefined {
  try {
    new PodAddresses()[Symbol.dispose]()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
