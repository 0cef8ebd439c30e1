import { PathPatterns } from '../trees/path-patterns.js'
import { valueAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { Steps } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import { isPlainObject } from '../trees/tree.js'
import { leavesOf, textsOf, printed, formsOf } from './secret-texts.js'
import { withoutValue } from './without-value.js'

const REDACTED = '[redacted]'

/** Stands for a secret until all are found. */
const TAKEN_OUT = '\0'

/** How many characters of secrets are kept: several times what the largest Secret holds. */
const MAX_LEARNT = 16 * 1024 * 1024

/** Knows which paths must never be shown, and takes their values out of whatever is. */
export class Redactor {
  readonly #paths: PathPatterns
  /**
   * What secret entries gave lately, the newest last. A schema may put it anywhere, and histories and messages tell of
   * values from before.
   */
  readonly #learnt = new Set<string>()
  #charactersLearnt = 0
  /** The texts of trees that secret entries gave: most come again and again as they are. */
  readonly #ofTrees = new WeakMap<object, readonly string[]>()
  /** The secret texts in a value. */
  #known = new WeakMap<object, readonly string[]>()

  /** @param paths each covers everything below it; `*` stands for one key, `**` for any number */
  constructor(paths: readonly string[]) {
    this.#paths = new PathPatterns(paths)
  }

  /** Covers more paths from now on, such as those of a secret that was just read. */
  add(paths: readonly (readonly string[])[]): void {
    if (this.#paths.add(paths)) this.#known = new WeakMap()
  }

  /** Has nothing shown of the tree that a secret entry gave, neither where it stands nor where a schema puts it. */
  *learn(tree: object): Walk<void> {
    const steps = new Steps()
    for (const text of this.#ofTrees.get(tree) ?? (yield* this.#read(tree, steps))) {
      if (!this.#learnt.delete(text)) this.#charactersLearnt += text.length
      this.#learnt.add(text)
      if (steps.isPauseDue()) yield
    }
    for (const oldest of this.#learnt) {
      if (this.#charactersLearnt <= MAX_LEARNT) break
      this.#learnt.delete(oldest)
      this.#charactersLearnt -= oldest.length
    }
  }

  *#read(tree: object, steps: Steps): Walk<readonly string[]> {
    const found = new Set<string>()
    for (const { path, value } of leavesOf(tree)) {
      this.add([path])
      for (const text of textsOf(value, [], () => true)) {
        for (const form of formsOf(text)) found.add(form)
        if (steps.isPauseDue()) yield
      }
    }
    const texts = Array.from(found)
    this.#ofTrees.set(tree, texts)
    return texts
  }

  /** A value as it may be shown. */
  show(value: unknown, path: readonly PathSegment[]): unknown {
    if (value === undefined) return undefined
    if (this.#paths.covers(path)) return REDACTED
    if (Array.isArray(value)) return value.map((item, index) => this.show(item, [...path, index]))
    if (isPlainObject(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, below]) => [key, this.show(below, [...path, key])]))
    }
    // a part of a class instance or a map can't be taken out
    return this.#secretsIn(value, path).next().done && !this.#quotesSecret(value) ? value : REDACTED
  }

  /** Whether a value that is not walked holds, in whatever form it is printed, what a secret entry gave. */
  #quotesSecret(value: unknown): boolean {
    if (this.#learnt.size === 0 || value === null || typeof value === 'boolean') return false
    const text = printed(value)
    const quotes = (secret: string): boolean => (typeof value === 'number' ? text === secret : text.includes(secret))
    return Array.from(this.#learnt).some(quotes)
  }

  /**
   * What is wrong at a path of a tree, as it may be shown: without the value there, which schema libraries like to
   * quote, and without any value of `roots` that is never shown.
   */
  scrubProblem(message: string, path: readonly PathSegment[], tree: unknown, ...roots: readonly unknown[]): string {
    if (path.length === 0) return this.scrub(message, tree, ...roots)
    if (this.#paths.covers(path)) return `is not valid (${REDACTED})`
    return withoutValue(this.scrub(message, tree, ...roots), valueAt(tree, path))
  }

  /** A text without any value of `roots` that is never shown. */
  scrub(text: string, ...roots: readonly unknown[]): string {
    // the longest first: one secret may be the beginning of another, such as one before it was changed
    const given = new Set([...roots.flatMap((root) => this.#textsIn(root)), ...this.#learnt])
    const secrets = Array.from(given).sort((a, b) => b.length - a.length)
    // what was taken out is marked by what no text holds, lest a secret such as "red" is found in the mark
    const rest = secrets.reduce((left, secret) => left.replaceAll(secret, TAKEN_OUT), text)
    return rest.replace(/\0+/g, REDACTED)
  }

  #textsIn(root: unknown): readonly string[] {
    if (typeof root !== 'object' || root === null) return []
    const known = this.#known.get(root)
    if (known) return known
    const secrets = Array.from(this.#secretsIn(root, []), formsOf).flat()
    this.#known.set(root, secrets)
    return secrets
  }

  /** Every value that is never shown, in objects of any kind. */
  #secretsIn(root: unknown, start: readonly PathSegment[]): Iterator<string> & Iterable<string> {
    return this.#paths.isEmpty ? [].values() : textsOf(root, start, (path) => this.#paths.covers(path))
  }
}
