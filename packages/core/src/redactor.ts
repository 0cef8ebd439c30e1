import { formatPath, parsePath, valueAt } from './paths.js'
import type { PathSegment } from './paths.js'
import { isPlainObject } from './tree.js'

export const REDACTED = '[redacted]'

/** Shorter ones would blank out half of every message, and keep no secret. */
const MIN_SCRUBBED_LENGTH = 3

/** Knows which paths must never be shown, and takes their values out of whatever is. */
export class Redactor {
  #patterns: string[][]

  /** @param paths each covers everything below it; `*` stands for one segment, `**` for any number */
  constructor(paths: readonly string[]) {
    this.#patterns = paths.map(parsePath)
  }

  /** Covers more paths from now on, such as those of a secret that was just read. */
  add(paths: readonly (readonly string[])[]): void {
    const known = new Set(this.#patterns.map((pattern) => formatPath(pattern)))
    this.#patterns.push(...paths.filter((path) => !known.has(formatPath(path))).map((path) => [...path]))
  }

  covers(path: readonly PathSegment[]): boolean {
    return this.#patterns.some((pattern) => matches(pattern, path))
  }

  /** A value as it may be shown. */
  show(value: unknown, path: readonly PathSegment[]): unknown {
    if (value === undefined) return undefined
    if (this.covers(path)) return REDACTED
    if (Array.isArray(value)) return value.map((item, index) => this.show(item, [...path, index]))
    if (!isPlainObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, below]) => [key, this.show(below, [...path, key])]))
  }

  /**
   * What is wrong at a path of a tree, as it may be shown: without the value there, which schema libraries like to
   * quote, and without any value of `roots` that is never shown.
   */
  scrubProblem(message: string, path: readonly PathSegment[], tree: unknown, ...roots: readonly unknown[]): string {
    if (path.length === 0) return this.scrub(message, tree, ...roots)
    if (this.covers(path)) return `is not valid (${REDACTED})`
    return withoutValue(this.scrub(message, tree, ...roots), valueAt(tree, path))
  }

  /** A text without any value of `roots` that is never shown. */
  scrub(text: string, ...roots: readonly unknown[]): string {
    const secrets = roots.flatMap((root) => [...this.#secretsIn(root, [])])
    return secrets.reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text)
  }

  *#secretsIn(value: unknown, path: readonly PathSegment[], covered = false): Generator<string> {
    const secret = covered || (path.length > 0 && this.covers(path))
    if (typeof value === 'object' && value !== null) {
      for (const [key, below] of Object.entries(value)) {
        yield* this.#secretsIn(below, [...path, Array.isArray(value) ? Number(key) : key], secret)
      }
    } else if (secret && (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')) {
      const forms = [String(value), JSON.stringify(String(value)).slice(1, -1)]
      yield* forms.filter((form) => form.length >= MIN_SCRUBBED_LENGTH)
    }
  }
}

function matches(pattern: readonly string[], path: readonly PathSegment[]): boolean {
  const [first, ...rest] = pattern
  if (first === undefined) return true
  if (first === '**') return rest.length === 0 || path.some((_, index) => matches(rest, path.slice(index)))
  return path.length > 0 && (first === '*' || first === String(path[0])) && matches(rest, path.slice(1))
}

function withoutValue(message: string, value: unknown): string {
  const isText = typeof value === 'string'
  if (!isText && typeof value !== 'number' && typeof value !== 'bigint') return message
  const unquoted = isText ? message.replaceAll(JSON.stringify(value), 'this value') : message
  if (isText && value.length < MIN_SCRUBBED_LENGTH) return unquoted
  const literal = String(value).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  return unquoted.replace(new RegExp(`(?<![\\w.])${literal}(?![\\w.]*\\w)`, 'g'), 'this value')
}
