import type { PathSegment } from '../trees/path.js'
import { isPlainObject } from '../trees/tree.js'

/** A key on the way to what secret entries gave. */
export interface SecretNode {
  readonly below: Map<string, SecretNode>
  isSecret: boolean
}

/** Where secret entries gave values: at `db.password`, and not at `db`, whose other keys may come from a ConfigMap. */
export class SecretPaths {
  readonly root: SecretNode = createNode()

  add(path: readonly string[]): void {
    let node = this.root
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
    let node: SecretNode | undefined = this.root
    for (let length = 0; node; length++) {
      if (node.isSecret) return length
      if (length === path.length) return undefined
      node = node.below.get(String(path[length]))
    }
    return undefined
  }

  /** The node of a path; nothing where no secret entry gave a key on the way. */
  nodeAt(path: readonly PathSegment[]): SecretNode | undefined {
    return path.reduce<SecretNode | undefined>((node, segment) => node?.below.get(String(segment)), this.root)
  }
}

function createNode(): SecretNode {
  return { below: new Map(), isSecret: false }
}
