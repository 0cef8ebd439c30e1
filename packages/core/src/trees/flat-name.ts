import { MAX_DEPTH } from './bounds.js'
import { parsePath } from './path.js'

/** A path as it is written, without parts that parsing would drop. */
export const WRITTEN_PATH: RegExp =
  /^(?:[^.[\]]+|\[(?:\d+|"(?:[^"\\]|\\.)*")\])(?:\.[^.[\]]+|\[(?:\d+|"(?:[^"\\]|\\.)*")\])*$/

/**
 * Returns the path of a name in a flat file, or of a key. A name that is not written as a path, such as `a..b`, is one
 * segment, because parsing it would drop characters. With very many dots and brackets it is a path, which is too deep.
 */
export function pathOfFlatName(name: string): string[] {
  return WRITTEN_PATH.test(name) || name.split(/[.[]/, MAX_DEPTH + 2).length > MAX_DEPTH + 1 ? parsePath(name) : [name]
}
