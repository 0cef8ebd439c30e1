import { isUtf8 } from 'node:buffer'
import { setImmediate } from 'node:timers/promises'

import { pathOfFlatName } from '../trees/flat-name.js'
import type { PathSegment } from '../trees/path.js'
import { isError, propertyOf } from '../errors/thrown.js'
import { inSlices } from '../async/slices.js'
import { Bounds } from '../trees/bounds.js'
import { canonical } from '../trees/canonical.js'
import { TreeError, isPlainObject } from '../trees/tree.js'
import type { Tree } from '../trees/tree.js'
import { SyntaxProblem } from './syntax-problem.js'
import { positionOf } from './positions.js'
import type { KeyToPaths, Parser, Repeated } from './parser.js'
import type { PositionMap, Position } from './positions.js'

/** A parser can't pause. From this size on, a document is parsed in a turn of the event loop of its own. */
const OWN_TURN_BYTES = 64 * 1024

/** Shared, because creating a decoder takes longer than decoding a small text. It removes a byte order mark. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The paths of keys for which the schema has a name of its own. It is data, not a function, so that a worker can get
 * it.
 */
export type KeyPaths = ReadonlyMap<string, readonly (readonly string[])[]>

/**
 * Parses the bytes of a file to a tree in canonical form.
 *
 * @param previous the previous tree, whose unchanged parts are reused
 * @param repeated collects the paths that have several values in the text
 * @throws an error that {@link problemOf} converts to a problem
 */
export async function parseBytes(
  parser: Parser,
  bytes: Uint8Array,
  keyPaths: KeyPaths,
  previous?: unknown,
  repeated?: Repeated[],
): Promise<Tree> {
  const text = decode(bytes)
  const keyToPaths = keyToPathsOf(keyPaths)
  const isLong = bytes.length >= OWN_TURN_BYTES
  if (isLong) await setImmediate()
  try {
    const parsed = (await parser.parse(text, keyToPaths, repeated)) ?? {}
    if (isLong) await setImmediate()
    // Every value needs at least one character. Only aliases can produce more values than the text has characters.
    const tree = await inSlices(canonical(parsed, previous, new Bounds(Math.max(text.length, 10_000))))
    if (!isPlainObject(tree)) throw new SyntaxProblem('expected keys and values at the top level')
    return tree
  } catch (error) {
    if (!(error instanceof TreeError)) throw error
    const [position] = await positionsOf(() => parser.positions(text, keyToPaths), [error.segments])
    throw new SyntaxProblem(error.message, position, error.path)
  }
}

/**
 * Finds the positions of the values at these paths in a file that {@link parseBytes} accepts. For a path that the file
 * does not have, it is the position of the nearest parent.
 */
export async function locate(
  parser: Parser,
  bytes: Uint8Array,
  keyPaths: KeyPaths,
  paths: readonly (readonly PathSegment[])[],
): Promise<(Position | undefined)[]> {
  return positionsOf(() => parser.positions(decode(bytes), keyToPathsOf(keyPaths)), paths)
}

/** Converts an error that was thrown while a text was parsed. The problem never quotes the text. */
export function problemOf(error: unknown): SyntaxProblem {
  if (!isError(error)) return new SyntaxProblem("can't be parsed (unknown error)")
  if (error instanceof SyntaxProblem) return error
  if (error instanceof TreeError) return new SyntaxProblem(error.message, undefined, error.path)
  // An unexpected error of a parser. Its message may quote the text, so only its name is reported.
  return new SyntaxProblem(`can't be parsed (${String(propertyOf(error, 'name'))})`)
}

/** @throws {SyntaxProblem} for bytes that are not text in UTF-8 */
export function decode(bytes: Uint8Array): string {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    throw new SyntaxProblem('is not UTF-8 text', { line: firstBadLine(bytes) })
  }
  const nul = text.indexOf('\0')
  if (nul >= 0)
    throw new SyntaxProblem('is not text: it holds a NUL byte', { line: text.slice(0, nul).split('\n').length })
  return text
}

function keyToPathsOf(keyPaths: KeyPaths): KeyToPaths {
  return (key) => keyPaths.get(key) ?? [pathOfFlatName(key)]
}

/** Finds positions, where possible. When that fails, it must not hide why the text was rejected. */
async function positionsOf(
  find: () => PositionMap | Promise<PositionMap>,
  paths: readonly (readonly PathSegment[])[],
): Promise<(Position | undefined)[]> {
  try {
    const positions = await find()
    return paths.map((path) => positionOf(positions, path))
  } catch {
    return paths.map(() => undefined)
  }
}

/**
 * Finds the first line that is not UTF-8. No multi-byte character contains a line feed, so lines can be checked alone.
 */
function firstBadLine(bytes: Uint8Array): number {
  for (let line = 1, start = 0; ; line++) {
    const end = bytes.indexOf(10, start)
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return line
    start = end + 1
  }
}
