import type { PathSegment } from '../trees/path.js'
import { isPlainObject } from '../trees/tree.js'

/** A key of a secret entry, or of the path to one of its values. */
export interface SecretNode {
  readonly below: Map<string, SecretNode>
  isSecret: boolean
}

/** The paths of values from secret entries: `db.password`, but not `db`, whose other keys may come from a ConfigMap. */
export class SecretPaths {
  readonly root: SecretNode = createNode()

  add(path: readonly string[]): void {
    this.#reach(path).isSecret = true
  }

  /** Adds the keys that lead to an empty object, which has no value, but may have secret keys above it. */
  addKeys(path: readonly string[]): void {
    this.#reach(path)
  }

  #reach(path: readonly string[]): SecretNode {
    let node = this.root
    for (const segment of path) {
      const next = node.below.get(segment) ?? createNode()
      node.below.set(segment, next)
      node = next
    }
    return node
  }

  /** Adds the paths of all values in a secret tree. A list counts as one value. An empty object has no value. */
  addTree(tree: unknown, path: readonly string[] = []): void {
    if (!isPlainObject(tree)) return this.add(path)
    const keys = Object.keys(tree)
    if (keys.length === 0) this.addKeys(path)
    for (const key of keys) this.addTree(tree[key], [...path, key])
  }

  /** Returns the number of segments up to the first secret in a path, or `undefined` when there is none. */
  secretLength(path: readonly PathSegment[]): number | undefined {
    let node: SecretNode | undefined = this.root
    for (let length = 0; node; length++) {
      if (node.isSecret) return length
      if (length === path.length) return undefined
      node = node.below.get(String(path[length]))
    }
    return undefined
  }

  /** Returns the node of a path, or `undefined` when no secret entry has something at or below it. */
  nodeAt(path: readonly PathSegment[]): SecretNode | undefined {
    return path.reduce<SecretNode | undefined>((node, segment) => node?.below.get(String(segment)), this.root)
  }
}

function createNode(): SecretNode {
  return { below: new Map(), isSecret: false }
}
