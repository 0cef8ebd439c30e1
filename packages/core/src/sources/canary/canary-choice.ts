import { createHash } from 'node:crypto'
import { hostname } from 'node:os'

import { oneOf } from '../../errors/option-kinds.js'

/**
 * Which process serves a canary. Every process decides for itself: a larger share keeps the processes of a smaller one, and
 * other content meets other processes.
 */
export class CanaryChoice {
  readonly #identity: string
  readonly #byHand: 'always' | 'never' | undefined

  /**
   * @param identity what distinguishes this process. Default: `$POD_NAME`, else the name of the host
   * @throws {OptionError} for a `HOT_CONFIG_CANARY` that is neither `always` nor `never`
   */
  constructor(identity: string | undefined) {
    const { POD_NAME, HOT_CONFIG_CANARY } = process.env
    this.#identity = identity ?? (POD_NAME || hostname())
    this.#byHand = oneOf('always', 'never')()(HOT_CONFIG_CANARY || undefined, 'HOT_CONFIG_CANARY')
  }

  /** @param share from 0 to 1 */
  isChosen(share: number, digest: string): boolean {
    if (this.#byHand) return this.#byHand === 'always'
    const hash = createHash('sha256').update(`${this.#identity}\n${digest}`).digest()
    return hash.readUInt32BE(0) / 2 ** 32 < share
  }
}
