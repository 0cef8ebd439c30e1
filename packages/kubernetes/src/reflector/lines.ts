/**
 * Splits a stream of bytes into lines, wherever its chunks begin and end. An end without a line feed is not a line,
 * because the stream was cut there.
 */
export class Lines {
  readonly #maxBytes: number
  #begun: Buffer[] = []
  #length = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Adds a chunk. @returns the lines that it completes, without empty ones @throws when a line is too long */
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
