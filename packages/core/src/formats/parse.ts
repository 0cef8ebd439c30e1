import { isUtf8 } from 'node:buffer'
import { setImmediate } from 'node:timers/promises'

import { pathOfFlatName } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { inSlices } from '../async/slices.js'
import { canonical } from '../trees/canonical.js'
import { TreeError, isPlainObject } from '../trees/tree.js'
import type { Tree } from '../trees/tree.js'
import { SyntaxProblem } from './syntax-problem.js'
import { positionOf } from './positions.js'
import type { KeyToPaths, Parser, Repeated } from './parser.js'
import type { PositionMap, Position } from './positions.js'

/** A parser can't pause. From this size on, a document is parsed in an event loop turn of its own. */
const OWN_TURN_BYTES = 64 * 1024

/** One for all: making one takes longer than a small text. Takes a mark at the beginning off. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Where a key belongs that the schema knows by another name. Data and no function, so that a thread can be given it. */
export type KeyPaths = ReadonlyMap<string, readonly (readonly string[])[]>

/**
 * Makes a tree of the bytes of a file, in the form in which trees are taken over.
 *
 * @param previous what it made before: parts that did not change are those of it
 * @param repeated collects what the text gives several values
 * @throws what {@link problemOf} makes sense of
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
  const parsed = (await parser.parse(text, keyToPaths, repeated)) ?? {}
  if (isLong) await setImmediate()
  try {
    // every value takes a character or more, unless it is an alias for many
    const tree = await inSlices(canonical(parsed, previous, Math.max(text.length, 10_000)))
    if (!isPlainObject(tree)) throw new SyntaxProblem('expected keys and values at the top level')
    return tree
  } catch (error) {
    if (!(error instanceof TreeError)) throw error
    const [position] = await positionsOf(() => parser.positions(text, keyToPaths), [error.segments])
    throw new SyntaxProblem(error.message, position, error.path)
  }
}

/** Where a file that {@link parseBytes} takes gives the values at these paths, or what is nearest around each. */
export async function locate(
  parser: Parser,
  bytes: Uint8Array,
  keyPaths: KeyPaths,
  paths: readonly (readonly PathSegment[])[],
): Promise<(Position | undefined)[]> {
  return positionsOf(() => parser.positions(decode(bytes), keyToPathsOf(keyPaths)), paths)
}

/** What to say of whatever was thrown while a text was parsed. Never quotes the text. */
export function problemOf(error: unknown): SyntaxProblem {
  if (error instanceof SyntaxProblem) return error
  if (error instanceof TreeError) return new SyntaxProblem(error.message, undefined, error.path)
  // a parser that fails in a way of its own: its message may quote the text
  return new SyntaxProblem(`can't be parsed (${error instanceof Error ? error.name : 'unknown error'})`)
}

/** @throws {SyntaxProblem} for what is no text */
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

/** A position that can't be found must not hide why a text was rejected. */
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

/** A line feed is never part of a longer sequence, so lines can be judged one by one. */
function firstBadLine(bytes: Uint8Array): number {
  for (let line = 1, start = 0; ; line++) {
    const end = bytes.indexOf(10, start)
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return line
    start = end + 1
  }
}
