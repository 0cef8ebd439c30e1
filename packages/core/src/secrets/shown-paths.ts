import { formatPath, parseSegments, valueAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { checkedText } from './checked-text.js'
import type { CoveredPaths } from './covered-paths.js'
import type { LearnedSecrets } from './learned-secrets.js'
import { isPlainName } from './secret-names.js'
import type { SecretWindow } from './secret-window.js'

/** A longer key is not checked, and not shown unless somebody gave it in the open. */
const MAX_KEY_LENGTH = 1_000

/** Makes paths fit to be shown: they end with the first key that is covered, and before the first that is a secret itself. */
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
   * The part of a path that may be shown.
   *
   * @param inputs what the sources gave: what they have in the open at the path needs no closer look
   */
  cut(
    path: readonly PathSegment[],
    learned: LearnedSecrets = this.#window.learned,
    inputs: readonly unknown[] = [],
  ): readonly PathSegment[] {
    const end = this.#coveredLength(path, learned) ?? path.length
    for (let length = 1; length <= end; length++) {
      const here = path.slice(0, length)
      const isOpen = !learned.paths.nodeAt(here) && inputs.some((input) => valueAt(input, here) !== undefined)
      if (!isOpen && !this.isShownKey(here, learned)) return path.slice(0, length - 1)
    }
    return path.slice(0, end)
  }

  /** Whether the last key of a path is no secret: nobody hid it, or somebody gave it in the open. */
  isShownKey(path: readonly PathSegment[], learned: LearnedSecrets): boolean {
    const key = path.at(-1)
    if (typeof key !== 'string' || isPlainName(key) || this.#window.isPublicName(key)) return true
    return (key.length <= MAX_KEY_LENGTH && learned.find(key) === undefined) || this.#window.gives(path)
  }

  text(path: readonly PathSegment[]): string {
    return checkedText(() => formatPath(this.cut(path)))
  }

  /** The same for a path that is written out. */
  textOf(written: string): string {
    return checkedText(() => {
      const path = parseSegments(written)
      const cut = this.cut(path)
      return cut.length === path.length ? written : formatPath(cut)
    })
  }

  /** How many segments lead to the first that is covered, that one included. */
  #coveredLength(path: readonly PathSegment[], learned: LearnedSecrets): number | undefined {
    const lengths = [this.#covered.coveredLength(path), learned.paths.secretLength(path)]
    const known = lengths.filter((length) => length !== undefined)
    return known.length > 0 ? Math.min(...known) : undefined
  }
}
