import { eachDifference } from '../trees/diff.js'
import type { Difference } from '../trees/diff.js'
import { formatPath, parseSegments, valueAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { CheckLimit, MAX_DIFFERENCES } from './check-limit.js'
import type { CoveredPaths } from './covered-paths.js'
import { LearnedSecrets } from './learned-secrets.js'
import type { SecretPaths } from './secret-paths.js'
import type { ReadLayer, SecretWindow, Update } from './secret-window.js'
import type { ShownPaths } from './shown-paths.js'
import { hidden, REDACTED, ShownValues } from './shown-values.js'

/** A value, with the tree and the update that it came from. */
export interface MadeValue {
  readonly value: unknown
  /** The merged layers. */
  readonly tree: unknown
  readonly update?: Update | undefined
  /** Whether it has parts of an earlier update, because their change waits for a restart. */
  readonly isMixed: boolean
}

/** The differences of two values that are shown, and the number of the others. */
export interface ShownDifferences {
  readonly differences: readonly Difference[]
  readonly omitted: number
}

/** How many differences are shown, and how much work they may be. */
export interface DifferenceLimits {
  readonly max: number
  readonly limit: CheckLimit
}

/** Removes secrets from values and their differences. */
export class ShownChanges {
  readonly #covered: CoveredPaths
  readonly #window: SecretWindow
  readonly #paths: ShownPaths

  constructor(covered: CoveredPaths, window: SecretWindow, paths: ShownPaths) {
    this.#covered = covered
    this.#window = window
    this.#paths = paths
  }

  /** Returns the differences of two values, up to a limit. The others are only counted. */
  differences(
    before: MadeValue,
    after: MadeValue,
    { max, limit }: DifferenceLimits = { max: MAX_DIFFERENCES, limit: new CheckLimit() },
  ): ShownDifferences {
    this.recall(before, after)
    const { learned } = this.#window
    const shown = this.#shown(learned, { limit })
    const found = new Map<string, Difference>()
    let omitted = 0
    this.#each(before, after, learned, (path, cut) => {
      if (found.size >= max || limit.isReached) {
        omitted++
        return
      }
      limit.spend(1)
      const shownPath = cut(limit)
      const text = formatPath(shownPath)
      if (found.has(text)) return
      const show = ({ value, tree }: MadeValue): unknown =>
        shownPath.length < path.length
          ? hidden(valueAt(value, shownPath))
          : shown.show(valueAt(value, shownPath), shownPath, valueAt(tree, shownPath))
      found.set(text, { path: text, before: show(before), after: show(after) })
    })
    return { differences: Array.from(found.values()), omitted }
  }

  /** Learns again the secrets of updates that may have left the window. */
  recall(...values: readonly MadeValue[]): void {
    for (const { update } of values) if (update) this.#window.recall(update)
  }

  /** Returns the value at a path. A root without a tree of its own is what a source gave. */
  value({ value: root, tree = root, update }: MadeValue, path: readonly PathSegment[], isSecret: boolean): unknown {
    if (update) this.#window.recall(update)
    const value = valueAt(root, path)
    return isSecret ? hidden(value) : this.#shown(this.#window.learned).show(value, path, valueAt(tree, path))
  }

  /** Returns earlier differences without the values that turned out to be secret since then, up to a limit. */
  again({ differences, omitted }: ShownDifferences, { max, limit }: DifferenceLimits): ShownDifferences {
    const { learned } = this.#window
    const shown = this.#shown(learned, { limit })
    const kept: Difference[] = []
    for (const { path: text, before, after } of differences.slice(0, max)) {
      if (limit.isReached) break
      const path = parseSegments(text)
      limit.spend(1)
      const cut = this.#paths.cut(path, learned, [], limit)
      const show = (value: unknown): unknown =>
        cut.length < path.length ? hidden(value) : shown.show(value, path, value)
      kept.push({ path: cut.length < path.length ? formatPath(cut) : text, before: show(before), after: show(after) })
    }
    return { differences: kept, omitted: omitted + differences.length - kept.length }
  }

  /** Returns the paths of the differences. */
  paths(before: MadeValue, after: MadeValue): string[] {
    const found = new Set<string>()
    this.#each(before, after, this.#window.learned, (_path, cut) => void found.add(formatPath(cut())))
    return Array.from(found)
  }

  /** Returns a value without its secrets. The result is the same in every process for the same update. */
  withoutSecrets({ value, tree, update, isMixed }: MadeValue): unknown {
    const paths = update && this.#window.secretPathsOf(update)
    const all = this.#shown(this.#window.learned, { paths })
    const shown = all.show(value, [], tree)
    // A part may be hidden because of a secret of another update, which another process may never have read.
    const isExact = !all.foundSecrets || !update || isMixed
    return isExact ? shown : this.#shown(this.#window.learnedOf(update), { paths }).show(value, [], tree)
  }

  /** Returns a value of a source without what is secret by its path. The result is the same in every process. */
  withoutSecretPaths(value: unknown, layers: readonly ReadLayer[]): unknown {
    const nothing = new LearnedSecrets(this.#covered, new Set())
    return this.#shown(nothing, { paths: this.#window.secretPathsIn(layers) }).show(value, [], value)
  }

  /** @param paths the paths of secret entries in one update, as for a digest; default: those of the whole window */
  #shown(
    learned: LearnedSecrets,
    { paths, limit }: { paths?: SecretPaths | undefined; limit?: CheckLimit } = {},
  ): ShownValues {
    return new ShownValues({
      covered: this.#covered,
      paths: paths ?? learned.paths,
      learned,
      isShownKey: (key, parent) => this.#paths.isShownKey([...parent, key], learned),
      trustsInput: paths !== undefined,
      limit,
    })
  }

  #each(
    before: MadeValue,
    after: MadeValue,
    learned: LearnedSecrets,
    found: (path: readonly PathSegment[], cut: (limit?: CheckLimit) => readonly PathSegment[]) => void,
  ): void {
    const inputs = [before.tree, after.tree]
    eachDifference(
      before.value,
      after.value,
      (path) => this.#paths.covers(path, learned),
      (path) => found(path, (limit) => this.#paths.cut(path, learned, inputs, limit)),
    )
  }
}

/** Replaces the differences of a change that could not be checked. */
const UNCHECKED_CHANGE: ShownDifferences = {
  differences: [{ path: '', before: REDACTED, after: REDACTED }],
  omitted: 0,
}

/** Computes differences to show, and shows nothing of those that can't be checked. */
export function checkedChange(check: () => ShownDifferences): ShownDifferences {
  try {
    return check()
  } catch {
    return UNCHECKED_CHANGE
  }
}
