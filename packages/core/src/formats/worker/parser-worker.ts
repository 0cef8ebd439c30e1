// What runs in the thread of a WorkerParser. Lives until that ends it.
import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'

import type { PathSegment } from '../../trees/path.js'
import type { NameRules } from '../../sources/env-names.js'
import type { FormatName } from '../../sources/format.js'
import type { Parser, Repeated } from '../parser.js'
import { parserOf } from '../parsers.js'
import type { Position } from '../positions.js'
import { locate, parseBytes, problemOf } from '../parse.js'
import type { KeyPaths } from '../parse.js'
import { withNames } from '../with-names.js'
import { encode } from './wire.js'
import type { Piece } from './wire.js'

/** A file and what is to be done with it. */
export interface Job {
  /** Never `text`, which is not parsed. */
  readonly format: FormatName
  readonly bytes: Uint8Array
  readonly keyPaths: KeyPaths
  readonly names: NameRules | undefined
  /** What was parsed before, when the other side has what it gave. */
  readonly previous?: Uint8Array
  /** What is to be found in it; without, it is parsed. */
  readonly paths?: readonly (readonly PathSegment[])[]
}

/** The answer to a job, or to `next`, which asks for the next piece of a tree. */
export type Answer =
  | { readonly piece: Piece; readonly repeated?: readonly Repeated[] }
  | { readonly positions: readonly (Position | undefined)[] }
  | { readonly problem: { readonly message: string; readonly position?: Position; readonly path?: string } }

/** As nice as a background job: what serves requests goes first where there is one processor for both. */
const NICENESS = 10

// Linux takes 0 for the calling thread, others for the process
if (process.platform === 'linux') setPriority(0, NICENESS)

let pieces: Iterator<Piece> = [][Symbol.iterator]()

parentPort?.on('message', (asked: Job | 'next') => {
  void answer(asked).then((reply) => parentPort?.postMessage(reply, buffersOf(reply)))
})

async function answer(asked: Job | 'next'): Promise<Answer> {
  if (asked !== 'next') {
    const { format, bytes, keyPaths, names, previous, paths } = asked
    const parser = withNames((await parserOf(format)) as Parser, names, keyPaths)
    if (paths) return { positions: await locate(parser, bytes, keyPaths, paths) }
    try {
      // parsed again, which takes this thread longer, but what is the same need not be brought over
      const before = previous && (await parseBytes(parser, previous, keyPaths))
      const repeated: Repeated[] = []
      pieces = encode(await parseBytes(parser, bytes, keyPaths, before, repeated), before)
      return { piece: pieces.next().value as Piece, repeated }
    } catch (error) {
      const { message, position, path } = problemOf(error)
      return { problem: { message, ...(position && { position }), ...(path !== undefined && { path }) } }
    }
  }
  return { piece: pieces.next().value as Piece }
}

function buffersOf(reply: Answer): ArrayBuffer[] {
  return 'piece' in reply ? [reply.piece.codes.buffer, reply.piece.numbers.buffer] : []
}
