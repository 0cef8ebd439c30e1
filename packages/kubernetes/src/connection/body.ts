import type { IncomingMessage } from 'node:http'

/**
 * Reads an answer, chunk by chunk.
 *
 * @param silenceMs the longest time without any data, in milliseconds
 * @throws {SilenceError} when there was no data for that time
 * @throws when the connection ends before the answer does
 */
export async function* readChunks(answer: IncomingMessage, silenceMs: number): AsyncGenerator<Buffer, void, undefined> {
  const timer = setTimeout(() => {
    answer.destroy(new SilenceError(silenceMs))
  }, silenceMs).unref()
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      timer.refresh()
      yield chunk
    }
  } finally {
    clearTimeout(timer)
    answer.destroy()
  }
}

/** A connection seemed to be open, but there was no data for too long. */
export class SilenceError extends Error {
  override name = 'SilenceError'

  constructor(silenceMs: number) {
    super(`nothing came for ${silenceMs} ms on a connection that looked open`)
  }
}

/** How long an answer may take and how large it may be. */
export interface BodyLimits {
  /** The longest time without any data, in milliseconds. */
  readonly silenceMs: number
  /**
   * The time limit for the whole answer, in milliseconds. Without it, an answer of one byte now and then would never
   * end.
   */
  readonly totalMs: number
  readonly maxBytes: number
}

/** Reads a whole answer as text. @throws when a limit is reached, and as {@link readChunks} does */
export async function readBody(answer: IncomingMessage, limits: BodyLimits): Promise<string> {
  const { silenceMs, totalMs, maxBytes } = limits
  const chunks: Buffer[] = []
  let length = 0
  const timer = setTimeout(() => {
    answer.destroy(new Error(`the answer was not complete within ${totalMs} ms`))
  }, totalMs).unref()
  try {
    for await (const chunk of readChunks(answer, silenceMs)) {
      length += chunk.length
      if (length > maxBytes) throw new Error(`the answer is larger than the limit of ${maxBytes} bytes`)
      chunks.push(chunk)
    }
  } finally {
    clearTimeout(timer)
  }
  return Buffer.concat(chunks).toString('utf8')
}
