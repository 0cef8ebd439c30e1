import type { PathSegment } from '../trees/path.js'
import { isPlainObject } from '../trees/tree.js'

interface Node {
  readonly below: Map<string, Node>
  isSecret: boolean
}

/** Where secret entries gave values: at `db.password`, and not at `db`, whose other keys may come from a ConfigMap. */
export class SecretPaths {
  readonly #root: Node = createNode()

  add(path: readonly string[]): void {
    let node = this.#root
    for (const segment of path) {
      const next = node.below.get(segment) ?? createNode()
      node.below.set(segment, next)
      node = next
    }
    node.isSecret = true
  }

  /** Adds where a tree that is all secret holds something: lists count as a whole, and empty objects as nothing. */
  addTree(tree: unknown, path: readonly string[] = []): void {
    if (!isPlainObject(tree)) this.add(path)
    else for (const key of Object.keys(tree)) this.addTree(tree[key], [...path, key])
  }

  /** How many segments of a path lead to a secret; `undefined` where none is on the way. */
  secretLength(path: readonly PathSegment[]): number | undefined {
    let node: Node | undefined = this.#root
    if (node.isSecret) return 0
    for (const [index, segment] of path.entries()) {
      node = node.below.get(String(segment))
      if (!node) return undefined
      if (node.isSecret) return index + 1
    }
    return undefined
  }
}

function createNode(): Node {
  return { below: new Map(), isSecret: false }
}
