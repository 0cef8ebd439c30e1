// The entry point of the worker that a WorkerParser starts. It runs until the WorkerParser ends it.
import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'

import type { PathSegment } from '../../trees/path.js'
import type { FormatName } from '../../sources/format.js'
import type { Parser, Repeated } from '../parser.js'
import { parserOf } from '../parsers.js'
import type { Position } from '../positions.js'
import { locate, parseBytes, problemOf } from '../parse.js'
import type { KeyPaths } from '../parse.js'
import { withNames } from '../with-names.js'
import type { FileNames } from '../with-names.js'
import { split } from './subtrees.js'
import type { Piece } from './subtrees.js'

/** A file to parse, or to find positions in. */
export interface Job {
  /** Never `text`, which is not parsed. */
  readonly format: FormatName
  readonly bytes: Uint8Array
  readonly keyPaths: KeyPaths
  readonly names: FileNames | undefined
  /** The paths to find in the file. Without it, the file is parsed. */
  readonly paths?: readonly (readonly PathSegment[])[]
}

/** The answer to a job, or to `next`, which requests the next piece of a tree. */
export type Answer =
  | { readonly piece: Piece; readonly repeated?: readonly Repeated[] }
  | { readonly positions: readonly (Position | undefined)[] }
  | { readonly problem: { readonly message: string; readonly position?: Position; readonly path?: string } }

/** The priority of a background job: with a single processor, serving requests comes first. */
const NICENESS = 10

// On Linux, 0 means the calling thread. On other systems it means the whole process.
if (process.platform === 'linux') setPriority(0, NICENESS)

let pieces: Iterator<Piece> = [][Symbol.iterator]()

parentPort?.on('message', (asked: Job | 'next') => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of a worker has no origin
  void answer(asked).then((reply) => parentPort?.postMessage(reply))
})

async function answer(asked: Job | 'next'): Promise<Answer> {
  if (asked !== 'next') {
    const { format, bytes, keyPaths, names, paths } = asked
    const parser = withNames((await parserOf(format)) as Parser, names, keyPaths)
    if (paths) return { positions: await locate(parser, bytes, keyPaths, paths) }
    try {
      const repeated: Repeated[] = []
      pieces = split(await parseBytes(parser, bytes, keyPaths, undefined, repeated))
      return { piece: pieces.next().value as Piece, repeated }
    } catch (error) {
      const { message, position, path } = problemOf(error)
      return { problem: { message, ...(position && { position }), ...(path !== undefined && { path }) } }
    }
  }
  return { piece: pieces.next().value as Piece }
}
