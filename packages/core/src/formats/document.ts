import { messageOf } from '../errors/errors.js'
import { isError } from '../errors/thrown.js'
import type { Format, FormatName } from '../sources/format.js'
import type { PathSegment } from '../trees/path.js'
import type { Tree } from '../trees/tree.js'
import type { Parser, Repeated } from './parser.js'
import { locate, parseBytes } from './parse.js'
import type { KeyPaths } from './parse.js'
import type { Position } from './positions.js'
import type { FileNames } from './with-names.js'
import { WorkerParser, WorkerUnavailableError } from './worker/worker-parser.js'

/** A file with its format and the parser for it. */
export interface Document {
  readonly format: FormatName | Format
  readonly parser: Parser
  readonly bytes: Uint8Array
  readonly keyPaths: KeyPaths
  /**
   * The rules by which names become paths. `parser` already applies them; a worker needs them to create its own parser.
   */
  readonly names: FileNames | undefined
}

/** The worker that parses the large documents of one reading. It starts with the first of them. */
export class SharedWorker {
  readonly #signal: AbortSignal
  #parser: WorkerParser | undefined
  #failure: string | undefined

  /** @param signal ends the worker and rejects its pending results */
  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Why it was unavailable, so that documents were parsed on the main thread. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** Does work in the worker, or on the main thread when the worker is unavailable. */
  async run<R>(inWorker: (parser: WorkerParser) => Promise<R>, here: () => Promise<R>): Promise<R> {
    try {
      return await inWorker((this.#parser ??= new WorkerParser(this.#signal)))
    } catch (error) {
      if (!(error instanceof WorkerUnavailableError)) throw error
      this.#failure ??= [error, error.cause].filter(isError).map(messageOf).join(': ')
      return here()
    }
  }

  /** Ends the worker, if there is one. */
  close(): void {
    this.#parser?.close()
  }
}

/**
 * Parses a document. A large one is parsed in a worker, so that it does not block the event loop.
 *
 * @param previous the previous tree, whose unchanged parts are reused
 * @param repeated collects the paths that have several values in the document
 * @throws an error that `problemOf` converts to a problem
 * @throws the reason of the worker's signal
 */
export async function parseDocument(
  { format, parser, bytes, keyPaths, names }: Document,
  previous: unknown,
  worker: SharedWorker,
  repeated: Repeated[],
): Promise<Tree> {
  const parseHere = (): Promise<Tree> => parseBytes(parser, bytes, keyPaths, previous, repeated)
  if (typeof format === 'object' || bytes.length < parser.heavyBytes) return parseHere()
  return worker.run((it) => it.parse({ format, bytes, keyPaths, names }, previous, repeated), parseHere)
}

/**
 * Finds the positions of the values at these paths in a document. For a path that the document does not have, it is the
 * position of the nearest parent.
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
    return await worker.run((it) => it.locate({ format, bytes, keyPaths, names }, paths), locateHere)
  } finally {
    worker.close()
  }
}
