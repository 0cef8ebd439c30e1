/** Collects the bytes of one file, piece by piece up to its end, also when the file does not report its size. */
export class CollectedBytes {
  /** Not allocated from Node's buffer pool: a small slice would keep its whole 8 KiB block alive. */
  #buffer: Buffer
  #length = 0
  readonly #size: number
  readonly #maxBytes: number

  constructor(size: number, maxBytes: number) {
    this.#buffer = Buffer.allocUnsafeSlow(size || 4096)
    this.#size = size
    this.#maxBytes = maxBytes
  }

  /** The place in the buffer for the next piece: the arguments of `read` after the file. */
  get next(): [buffer: Buffer, offset: number, length: number, position: number] {
    return [this.#buffer, this.#length, this.#buffer.length - this.#length, this.#length]
  }

  /**
   * Adds a piece that was read.
   *
   * @returns all bytes at the end of the file, else `undefined`
   * @throws when there are more than `maxBytes`
   */
  add(bytesRead: number): Buffer | undefined {
    this.#length += bytesRead
    if (bytesRead === 0 || this.#length === this.#size) return this.#buffer.subarray(0, this.#length)
    checkSize(this.#length, this.#maxBytes)
    if (this.#length === this.#buffer.length) this.#buffer = Buffer.concat([this.#buffer], this.#length * 2)
    return undefined
  }
}

/** @throws for a size above `maxBytes` */
export function checkSize(size: number | bigint, maxBytes: number): void {
  if (size > maxBytes) throw new Error(`is larger than the limit of ${maxBytes} bytes`)
}
