import { formatPath, parseSegments, valueAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { spelledCost } from './check-limit.js'
import type { CheckLimit } from './check-limit.js'
import { checkedText } from './checked-text.js'
import type { CoveredPaths } from './covered-paths.js'
import type { LearnedSecrets } from './learned-secrets.js'
import { isPlainName } from './secret-names.js'
import type { SecretWindow } from './secret-window.js'

/** A longer key is not checked. It is shown only when a source that is not secret has it. */
const MAX_KEY_LENGTH = 1_000

/**
 * Cuts paths so that they can be shown: after the first covered key, and before the first key that is secret itself.
 */
export class ShownPaths {
  readonly #covered: CoveredPaths
  readonly #window: SecretWindow

  constructor(covered: CoveredPaths, window: SecretWindow) {
    this.#covered = covered
    this.#window = window
  }

  covers(path: readonly PathSegment[], learned: LearnedSecrets = this.#window.learned): boolean {
    return this.#coveredLength(path, learned) !== undefined
  }

  /**
   * Returns the part of a path that may be shown.
   *
   * @param inputs the trees from the sources; a key that they have in an entry that is not secret needs no further
   *   check
   * @param limit counts the checks
   */
  cut(
    path: readonly PathSegment[],
    learned: LearnedSecrets = this.#window.learned,
    inputs: readonly unknown[] = [],
    limit?: CheckLimit,
  ): readonly PathSegment[] {
    const end = this.#coveredLength(path, learned) ?? path.length
    for (let length = 1; length <= end; length++) {
      const here = path.slice(0, length)
      const isOpen = !learned.paths.nodeAt(here) && inputs.some((input) => valueAt(input, here) !== undefined)
      if (!isOpen && !this.isShownKey(here, learned, limit)) return path.slice(0, length - 1)
    }
    return path.slice(0, end)
  }

  /** Whether the last key of a path may be shown: it contains no secret, or a source that is not secret has it. */
  isShownKey(path: readonly PathSegment[], learned: LearnedSecrets, limit?: CheckLimit): boolean {
    const key = path.at(-1)
    if (typeof key !== 'string' || isPlainName(key) || this.#window.isPublicName(key)) return true
    limit?.spend(spelledCost(key))
    return (key.length <= MAX_KEY_LENGTH && learned.find(key) === undefined) || this.#window.gives(path)
  }

  text(path: readonly PathSegment[]): string {
    return checkedText(() => formatPath(this.cut(path)))
  }

  /** Returns the part of a path in text form that may be shown. */
  textOf(written: string): string {
    return checkedText(() => {
      const path = parseSegments(written)
      const cut = this.cut(path)
      return cut.length === path.length ? written : formatPath(cut)
    })
  }

  /** Returns the number of segments up to and including the first covered one, or `undefined` when none is covered. */
  #coveredLength(path: readonly PathSegment[], learned: LearnedSecrets): number | undefined {
    const lengths = [this.#covered.coveredLength(path), learned.paths.secretLength(path)]
    const known = lengths.filter((length) => length !== undefined)
    return known.length > 0 ? Math.min(...known) : undefined
  }
}
