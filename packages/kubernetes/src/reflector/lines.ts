/**
 * Cuts a stream of bytes into lines, wherever its chunks begin and end. What comes last without a line feed is no line:
 * the stream was cut.
 */
export class Lines {
  readonly #maxBytes: number
  #begun: Buffer[] = []
  #length = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The lines that this chunk completes, without those that hold nothing. @throws when one grows too long */
  push(chunk: Buffer): string[] {
    const lines: string[] = []
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      this.#add(chunk.subarray(start, end))
      const line = Buffer.concat(this.#begun).toString('utf8').trim()
      if (line !== '') lines.push(line)
      this.#begun = []
      this.#length = 0
      start = end + 1
    }
    this.#add(chunk.subarray(start))
    return lines
  }

  #add(piece: Buffer): void {
    this.#length += piece.length
    if (this.#length > this.#maxBytes) throw new Error(`a line is longer than the limit of ${this.#maxBytes} bytes`)
    if (piece.length > 0) this.#begun.push(piece)
  }
}
