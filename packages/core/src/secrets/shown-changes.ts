import { eachDifference } from '../trees/diff.js'
import type { Difference } from '../trees/diff.js'
import { formatPath, parseSegments, valueAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import type { CoveredPaths } from './covered-paths.js'
import type { LearnedSecrets } from './learned-secrets.js'
import type { SecretPaths } from './secret-paths.js'
import type { SecretWindow, Update } from './secret-window.js'
import type { ShownPaths } from './shown-paths.js'
import { hidden, REDACTED, ShownValues } from './shown-values.js'

/** A value, and what it was made from. */
export interface MadeValue {
  readonly value: unknown
  /** The merged layers. */
  readonly tree: unknown
  readonly update?: Update | undefined
  /** Whether parts of it are those of an earlier update, since their change waits for a restart. */
  readonly isMixed: boolean
}

/** Makes values and their differences fit to be shown. */
export class ShownChanges {
  readonly #covered: CoveredPaths
  readonly #window: SecretWindow
  readonly #paths: ShownPaths

  constructor(covered: CoveredPaths, window: SecretWindow, paths: ShownPaths) {
    this.#covered = covered
    this.#window = window
    this.#paths = paths
  }

  /** Where two values differ. */
  differences(before: MadeValue, after: MadeValue): Difference[] {
    // what was learned of them may have been forgotten
    for (const { update } of [before, after]) if (update) this.#window.recall(update)
    const { learned } = this.#window
    const shown = this.#shown(learned)
    const found = new Map<string, Difference>()
    this.#each(before, after, learned, (path, cut) => {
      const show = ({ value, tree }: MadeValue): unknown =>
        cut.length < path.length
          ? hidden(valueAt(value, cut))
          : shown.show(valueAt(value, cut), cut, valueAt(tree, cut))
      const text = formatPath(cut)
      if (!found.has(text)) found.set(text, { path: text, before: show(before), after: show(after) })
    })
    return Array.from(found.values())
  }

  /** The value at a path. What was not made of something is what a source gave. */
  value({ value: root, tree = root, update }: MadeValue, path: readonly PathSegment[], isSecret: boolean): unknown {
    if (update) this.#window.recall(update)
    const value = valueAt(root, path)
    return isSecret ? hidden(value) : this.#shown(this.#window.learned).show(value, path, valueAt(tree, path))
  }

  /** Differences that were made before, without what has turned out to be a secret since. */
  again(differences: readonly Difference[]): Difference[] {
    const { learned } = this.#window
    const shown = this.#shown(learned)
    return differences.map(({ path: text, before, after }) => {
      const path = parseSegments(text)
      const cut = this.#paths.cut(path, learned)
      const show = (value: unknown): unknown =>
        cut.length < path.length ? hidden(value) : shown.show(value, path, value)
      return { path: cut.length < path.length ? formatPath(cut) : text, before: show(before), after: show(after) }
    })
  }

  /** The paths of the differences. */
  paths(before: MadeValue, after: MadeValue): string[] {
    const found = new Set<string>()
    this.#each(before, after, this.#window.learned, (_path, cut) => found.add(formatPath(cut)))
    return Array.from(found)
  }

  /** A value without its secrets, the same wherever it was made of the same update. */
  withoutSecrets({ value, tree, update, isMixed }: MadeValue): unknown {
    const paths = update && this.#window.secretPathsOf(update)
    const all = this.#shown(this.#window.learned, paths)
    const shown = all.show(value, [], tree)
    // what is hidden may be the secret of another update, of which another process need not know
    const isExact = !all.foundSecrets || !update || isMixed
    return isExact ? shown : this.#shown(this.#window.learnedOf(update), paths).show(value, [], tree)
  }

  /** @param paths of secret entries, where not those of the window count but those of one update, as for a digest */
  #shown(learned: LearnedSecrets, paths?: SecretPaths): ShownValues {
    return new ShownValues({
      covered: this.#covered,
      paths: paths ?? learned.paths,
      learned,
      isShownKey: (key, parent) => this.#paths.isShownKey([...parent, key], learned),
      trustsInput: paths !== undefined,
    })
  }

  #each(
    before: MadeValue,
    after: MadeValue,
    learned: LearnedSecrets,
    found: (path: readonly PathSegment[], cut: readonly PathSegment[]) => void,
  ): void {
    const inputs = [before.tree, after.tree]
    eachDifference(
      before.value,
      after.value,
      (path) => this.#paths.covers(path, learned),
      (path) => found(path, this.#paths.cut(path, learned, inputs)),
    )
  }
}

/** What is told of a change that could not be checked. */
export const UNCHECKED_CHANGE: readonly Difference[] = [{ path: '', before: REDACTED, after: REDACTED }]
