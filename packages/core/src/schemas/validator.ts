import type { KeyPaths } from '../formats/parse.js'
import type { PathSegment } from '../trees/path.js'
import type { KnownNames } from './known-names.js'
import type { Tree } from '../trees/tree.js'

/** A schema that is ready to validate trees. */
export interface Validator {
  /** @param previous the tree validated before and its value; `tree` shares every part with it that did not change */
  validate(tree: Tree, previous?: Judged): Verdict | Promise<Verdict>
  readonly keyPaths: KeyPaths
  /** Whether `keyPaths` has environment variables that a convict schema names itself. */
  readonly hasVariables?: boolean
  /** Paths that the schema marks as secret. */
  readonly sensitive: readonly string[]
  /** Paths that the schema marks as not secret, although their names sound like secrets. */
  readonly open?: readonly string[]
  /** The names that the schema knows. `undefined` when they can't be found out. */
  readonly known?: KnownNames | undefined
  /**
   * Whether the order of the keys in its values depends on which of them the tree has, for instance because defaults are
   * appended. Their values are copied in the order of the names, or the hidden class would change from update to update.
   */
  readonly isUnordered?: boolean
  /** Notes for the log about parts of the schema that can't be checked. */
  readonly notes?: readonly string[]
  /** Whether the schema knows a path. */
  readonly knows?: (path: readonly string[]) => boolean
  /** Whether the schema has a value at a path. Missing when the names of the schema can't be found out. */
  readonly declares?: (path: readonly string[]) => boolean
}

/** A tree and the valid value that the schema returned for it. */
export interface Judged {
  readonly tree: Tree
  readonly value: unknown
}

export type Verdict =
  | {
      readonly value: unknown
      /** Paths for which an environment variable or an argument overrides the sources. */
      readonly pinnedByEnvironment?: readonly string[]
      /** The variable or argument that sets a path, whether or not the sources say the same: `env:PORT`, `arg:--port`. */
      readonly overriders?: ReadonlyMap<string, string>
    }
  | { readonly problems: readonly SchemaProblem[] }

/** How to treat names in the sources that the schema does not know. */
export type UnknownPolicy = 'ignore' | 'warn' | 'reject'

export interface SchemaProblem {
  readonly path: readonly PathSegment[]
  readonly message: string
  /** Whether the message is about an unknown name, and not about a value. */
  readonly isUnknown?: boolean
  /** Whether the message consists of words of the schema and of our own, and can't quote the value. */
  readonly isOwn?: boolean
  /** The path in the sources, when it differs from `path`. */
  readonly place?: readonly PathSegment[]
  /** Where the value came from, when it came from none of the sources. */
  readonly source?: string
}
