import { parsePath } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { isSecretName } from './secret-names.js'

/** Where a walk down a tree is within the patterns. Walks step from key to key, so that no path is compared as a whole. */
export interface Place {
  /** Whether the path up to here is covered, and so everything below it. */
  readonly isCovered: boolean
  readonly nodes: readonly Node[]
}

/** A step of the patterns. Thousands of patterns cost no more than their longest. */
interface Node {
  readonly below: Map<string, Node>
  /** Stands for any number of keys: `**`. */
  readonly isDeep: boolean
  covers: boolean
  /** The name does not make this path covered: the schema says that it is no secret. */
  isOpen: boolean
}

const COVERED: Place = { isCovered: true, nodes: [] }

/** No pattern goes further. Names still count. */
const OUTSIDE: Place = { isCovered: false, nodes: [] }

/**
 * The paths that are never shown, each with everything below it: patterns of the program and of the schema, and every key
 * whose name says that it is a secret. In a pattern `*` stands for one key, `**` for any number.
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

  /** Takes the names of these paths for what they are not: `tokens` may be a number of tokens. */
  open(patterns: readonly string[]): void {
    for (const pattern of patterns) this.#nodeOf(pattern).isOpen = true
  }

  get root(): Place {
    return placeOf(closureOf([this.#root]))
  }

  /** The place of a key. */
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

  /** How many segments of a path lead to the first that is covered, that one included; `undefined` where none is. */
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

/** With what is reached without a key, since `**` also stands for none. */
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
