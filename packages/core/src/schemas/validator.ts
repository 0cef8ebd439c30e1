import type { KeyPaths } from '../formats/parse.js'
import type { PathSegment } from '../trees/path.js'
import type { KnownNames } from './known-names.js'
import type { Tree } from '../trees/tree.js'

/** A schema made ready to judge trees. */
export interface Validator {
  /** @param previous what was judged before, of which `tree` keeps every part that did not change */
  validate(tree: Tree, previous?: Judged): Verdict | Promise<Verdict>
  readonly keyPaths: KeyPaths
  /** Paths the schema itself says must never be shown. */
  readonly sensitive: readonly string[]
  /** Paths the schema says are no secrets, although their names say so. */
  readonly open?: readonly string[]
  /** The names that the schema knows. `undefined` where it can't tell. */
  readonly known?: KnownNames | undefined
  /** For the log: what of the schema can't be checked. */
  readonly notes?: readonly string[]
  /** Whether the schema knows a path. */
  readonly knows?: (path: readonly string[]) => boolean
  /** Whether the schema has a value at a path. Nothing where it can't tell. */
  readonly declares?: (path: readonly string[]) => boolean
}

/** A tree and the valid value that it stands for. */
export interface Judged {
  readonly tree: Tree
  readonly value: unknown
}

export type Verdict =
  | {
      readonly value: unknown
      /** Paths whose value comes from an environment variable, whatever the sources say. */
      readonly pinnedByEnvironment?: readonly string[]
    }
  | { readonly problems: readonly SchemaProblem[] }

/** What happens to names in the sources that the schema does not know. */
export type UnknownPolicy = 'ignore' | 'warn' | 'reject'

export interface SchemaProblem {
  readonly path: readonly PathSegment[]
  readonly message: string
  /** Whether the message is about the name alone, which the schema does not know, and not about the value. */
  readonly isUnknown?: boolean
  /** Whether the message is made of words of the schema and of our own, and can't quote the value. */
  readonly isOwn?: boolean
  /** Its path in the sources, when that is below `path`. */
  readonly place?: readonly PathSegment[]
  /** What gave the value, when it was none of the sources. */
  readonly source?: string
}
