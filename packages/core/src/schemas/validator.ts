import type { KeyPaths } from '../formats/parse.js'
import type { PathSegment } from '../trees/path.js'
import type { Tree } from '../trees/tree.js'

/** A schema made ready to judge trees. */
export interface Validator {
  /** @param previous what was judged before, of which `tree` keeps every part that did not change */
  validate(tree: Tree, previous?: Judged): Verdict | Promise<Verdict>
  readonly keyPaths: KeyPaths
  /** Paths the schema itself says must never be shown. */
  readonly sensitive: readonly string[]
}

/** A tree and the valid value that it stands for. */
export interface Judged {
  readonly tree: Tree
  readonly value: unknown
}

export type Verdict =
  | {
      readonly value: unknown
      /** Paths in the tree that the schema does not know. */
      readonly undeclared?: readonly string[]
      /** Paths whose value comes from an environment variable, whatever the sources say. */
      readonly pinnedByEnvironment?: readonly string[]
    }
  | { readonly problems: readonly SchemaProblem[] }

export interface SchemaProblem {
  readonly path: readonly PathSegment[]
  readonly message: string
  /** What gave the value, when it was none of the sources. */
  readonly source?: string
}
