/** The bytes of one file, read to its end piece by piece, also of files that tell no size beforehand. */
export class CollectedBytes {
  /** Not from Node's pool, of which a snapshot would keep 8 KiB alive. */
  #buffer: Buffer
  #length = 0
  readonly #size: number
  readonly #maxBytes: number

  constructor(size: number, maxBytes: number) {
    this.#buffer = Buffer.allocUnsafeSlow(size || 4096)
    this.#size = size
    this.#maxBytes = maxBytes
  }

  /** Where the next piece is read to: the arguments of `read` after the file. */
  get next(): [buffer: Buffer, offset: number, length: number, position: number] {
    return [this.#buffer, this.#length, this.#buffer.length - this.#length, this.#length]
  }

  /**
   * Notes how much of it was read.
   *
   * @returns all bytes once the end is reached
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

/** @throws for more than `maxBytes` */
export function checkSize(size: number | bigint, maxBytes: number): void {
  if (size > maxBytes) throw new Error(`is larger than the limit of ${maxBytes} bytes`)
}
