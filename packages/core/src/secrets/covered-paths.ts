import { parsePath } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { isSecretName } from './secret-names.js'

/** The position of a walk down a tree within the patterns. Walks go from key to key, so no whole path is compared. */
export interface Place {
  /** Whether the path up to here is covered, and therefore everything below it. */
  readonly isCovered: boolean
  readonly nodes: readonly Node[]
}

/** A node in the tree of all patterns. With it, thousands of patterns cost no more than the longest one. */
interface Node {
  readonly below: Map<string, Node>
  /** Whether it is `**`, which matches any number of keys. */
  readonly isDeep: boolean
  covers: boolean
  /** Whether the schema marks this path as not secret, so that its name does not cover it. */
  isOpen: boolean
}

const COVERED: Place = { isCovered: true, nodes: [] }

/** No pattern matches below this place. Names of secrets still cover paths. */
const OUTSIDE: Place = { isCovered: false, nodes: [] }

/**
 * The paths that are never shown, each with everything below it. They come from patterns of the application and of the
 * schema, and from every key with the name of a secret. In a pattern, `*` matches one key and `**` any number of keys.
 */
export class CoveredPaths {
  readonly #root = createNode(false)

  constructor(patterns: readonly string[]) {
    this.cover(patterns)
  }

  /** Covers more paths. */
  cover(patterns: readonly string[]): void {
    for (const pattern of patterns) this.#nodeOf(pattern).covers = true
  }

  /** Marks paths as not secret although their names sound like it: `tokens` may be a number of tokens. */
  open(patterns: readonly string[]): void {
    for (const pattern of patterns) this.#nodeOf(pattern).isOpen = true
  }

  get root(): Place {
    return placeOf(closureOf([this.#root]))
  }

  /** Returns the place of a key below a place. */
  below(place: Place, segment: PathSegment): Place {
    if (place.isCovered) return place
    const isNamed = typeof segment === 'string' && isSecretName(segment)
    if (place.nodes.length === 0) return isNamed ? COVERED : OUTSIDE
    const key = String(segment)
    const next = place.nodes.flatMap((node) => {
      const steps = [node.below.get(key), node.below.get('*')].filter((step) => step !== undefined)
      return node.isDeep ? [node, ...steps] : steps
    })
    const nodes = closureOf(next)
    if (isNamed && !nodes.some((node) => node.isOpen)) return COVERED
    return placeOf(nodes)
  }

  /** Returns the number of segments up to and including the first covered one, or `undefined` when none is covered. */
  coveredLength(path: readonly PathSegment[]): number | undefined {
    let place = this.root
    if (place.isCovered) return 0
    for (const [index, segment] of path.entries()) {
      place = this.below(place, segment)
      if (place.isCovered) return index + 1
    }
    return undefined
  }

  #nodeOf(pattern: string): Node {
    let node = this.#root
    for (const segment of parsePath(pattern)) {
      const next = node.below.get(segment) ?? createNode(segment === '**')
      node.below.set(segment, next)
      node = next
    }
    return node
  }
}

function createNode(isDeep: boolean): Node {
  return { below: new Map(), isDeep, covers: false, isOpen: false }
}

/** Adds the nodes that are reached without a key, because `**` also matches no key at all. */
function closureOf(nodes: readonly Node[]): readonly Node[] {
  const closure = new Set(nodes)
  for (const node of closure) {
    const deep = node.below.get('**')
    if (deep) closure.add(deep)
  }
  return Array.from(closure)
}

function placeOf(nodes: readonly Node[]): Place {
  if (nodes.some((node) => node.covers)) return COVERED
  return nodes.length === 0 ? OUTSIDE : { isCovered: false, nodes }
}
