import type { NameRules } from '../sources/env-names.js'
import type { Format, FormatName } from '../sources/format.js'
import type { PathSegment } from '../trees/path.js'
import type { Tree } from '../trees/tree.js'
import type { Parser, Repeated } from './parser.js'
import { locate, parseBytes } from './parse.js'
import type { KeyPaths } from './parse.js'
import type { Position } from './positions.js'
import { WorkerParser, WorkerUnavailableError } from './worker/worker-parser.js'
import type { Parsed } from './worker/worker-parser.js'

/** A file that has a format. */
export interface Document {
  readonly format: FormatName | Format
  readonly parser: Parser
  readonly bytes: Uint8Array
  readonly keyPaths: KeyPaths
  /** How names in it become paths, for a worker. The parser knows them. */
  readonly names: NameRules | undefined
}

/** The worker that parses the large documents of one reading. Starts with the first of them. */
export class SharedWorker {
  readonly #signal: AbortSignal
  #parser: WorkerParser | undefined

  /** @param signal ends the worker, and rejects what waits for it */
  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  get parser(): WorkerParser {
    return (this.#parser ??= new WorkerParser(this.#signal))
  }

  /** Ends the worker, if there is one. */
  close(): void {
    this.#parser?.close()
  }
}

/**
 * Parses a document, a large one in a worker so that the event loop goes on.
 *
 * @param previous the document before, whose unchanged parts are kept
 * @param repeated collects what the document gives several values
 * @throws something that `problemOf` makes a problem of
 * @throws the reason of the worker's signal
 */
export async function parseDocument(
  { format, parser, bytes, keyPaths, names }: Document,
  previous: Parsed | undefined,
  worker: SharedWorker,
  repeated: Repeated[],
): Promise<Tree> {
  const parseHere = (): Promise<Tree> => parseBytes(parser, bytes, keyPaths, previous?.tree, repeated)
  if (typeof format === 'object' || bytes.length < parser.heavyBytes) return parseHere()
  return unlessUnavailable(worker.parser.parse({ format, bytes, keyPaths, names }, previous, repeated), parseHere)
}

/**
 * Finds where a parsed document has the values at these paths, or what is nearest around each.
 *
 * @throws the reason of `signal`
 */
export async function positionsIn(
  { format, parser, bytes, keyPaths, names }: Document,
  paths: readonly (readonly PathSegment[])[],
  signal: AbortSignal,
): Promise<readonly (Position | undefined)[]> {
  const locateHere = (): Promise<(Position | undefined)[]> => locate(parser, bytes, keyPaths, paths)
  if (typeof format === 'object' || bytes.length < parser.heavyBytes) return locateHere()
  const worker = new SharedWorker(signal)
  try {
    return await unlessUnavailable(worker.parser.locate({ format, bytes, keyPaths, names }, paths), locateHere)
  } finally {
    worker.close()
  }
}

/** Falls back to the main thread where no worker can be had. */
async function unlessUnavailable<R>(inWorker: Promise<R>, here: () => Promise<R>): Promise<R> {
  try {
    return await inWorker
  } catch (error) {
    if (error instanceof WorkerUnavailableError) return here()
    throw error
  }
}
