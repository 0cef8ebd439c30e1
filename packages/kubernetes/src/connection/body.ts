import type { IncomingMessage } from 'node:http'

/**
 * What an answer brings, piece by piece.
 *
 * @throws when nothing comes for `silenceMs`, and when the connection ends before the answer does
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

/** Nothing came for too long on a connection that looks open. */
export class SilenceError extends Error {
  override name = 'SilenceError'

  constructor(silenceMs: number) {
    super(`nothing came for ${silenceMs} ms on a connection that looked open`)
  }
}

/** A whole answer as text. @throws when it is larger than `maxBytes`, and as {@link readChunks} does */
export async function readBody(answer: IncomingMessage, silenceMs: number, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of readChunks(answer, silenceMs)) {
    length += chunk.length
    if (length > maxBytes) throw new Error(`the answer is larger than the limit of ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
