import { createHmac, randomBytes } from 'node:crypto'

import { atOnce } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import type { Issue } from '../errors/errors.js'
import { cutText } from '../errors/issue-limits.js'
import type { Difference } from '../trees/diff.js'
import { valueAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { isBranch } from '../trees/tree.js'
import { checkedText, replaceMarked } from './checked-text.js'
import { CoveredPaths } from './covered-paths.js'
import { LearnedSecrets } from './learned-secrets.js'
import { SecretWindow } from './secret-window.js'
import type { Origin, ReadLayer, Update } from './secret-window.js'
import { ShownChanges, UNCHECKED_CHANGE } from './shown-changes.js'
import type { MadeValue } from './shown-changes.js'
import { ShownPaths } from './shown-paths.js'
import { REDACTED } from './shown-values.js'
import { markValue, THIS_VALUE } from './without-value.js'

/** Longer texts are cut before they are checked: none is shown as long as that. In characters. */
const MAX_TEXT_LENGTH = 16 * 1024

/** How many warnings of one source are shown. */
const MAX_TEXTS = 20

/** What a schema says about secrets. */
export interface SchemaMarks {
  /** Patterns of paths that are never shown. */
  readonly sensitive: readonly string[]
  /** Patterns of paths that are no secrets, although their names say so. */
  readonly open?: readonly string[] | undefined
  /** The keys that it declares, which are no secrets themselves. */
  readonly names?: readonly string[] | undefined
}

/** What a value was made from. */
interface MixedOrigin extends Origin {
  /** Where the value is that of an earlier update. */
  readonly pendingRestart?: readonly string[]
}

/**
 * The rule for secrets, and the only place that applies it. Whatever leaves the process goes through here: errors, log, health,
 * history, page, metrics, spans, events.
 *
 * - **Covered** is what `redact` names, what the schema marks, what secret entries hold, and every key with the name of a secret.
 * - A **value** at or below a covered path is not shown.
 * - A **path** is cut after its first covered key. Keys below that are secrets too.
 * - A **text** that is not ours (of schemas, hooks, listeners, sources, parsers) loses every piece of six characters and more
 *   of a covered text, and shorter ones as a whole, in any spelling. Covered texts are those of the window: of the last
 *   snapshots and of the updates after them. So values that a schema moves stay hidden wherever it puts them.
 * - What can't be checked is not shown.
 */
export class Redactor {
  readonly #covered: CoveredPaths
  readonly #window: SecretWindow
  readonly #paths: ShownPaths
  readonly #changes: ShownChanges
  readonly #made = new WeakMap<object, MadeValue>()
  /** For revisions: different in each process, so that nobody can compare guesses. */
  readonly #key = randomBytes(32)

  /** @param redact patterns of paths */
  constructor(redact: readonly string[]) {
    this.#covered = new CoveredPaths(redact)
    this.#window = new SecretWindow(this.#covered)
    this.#paths = new ShownPaths(this.#covered, this.#window)
    this.#changes = new ShownChanges(this.#covered, this.#window, this.#paths)
  }

  /** Adds what the schema says, before anything is read. */
  add({ sensitive, open = [], names = [] }: SchemaMarks): void {
    this.#covered.cover(sensitive)
    this.#covered.open(open)
    this.#window.addPublicNames(names)
  }

  /** Learns the secrets of what was read, before it is validated. */
  read(layers: readonly ReadLayer[]): Walk<void> {
    return this.#window.read(layers)
  }

  /** Learns a value that hooks and resources are about to see. */
  proposed(value: unknown, origin: MixedOrigin = { layers: [], tree: value }): void {
    this.#remember(value, origin, this.#window.made(value, origin))
  }

  /** Learns a value that is served from now on. */
  served(value: unknown, origin: MixedOrigin = { layers: [], tree: value }): void {
    this.#remember(value, origin, this.#window.serves(value, origin))
  }

  /** A path as it may be shown. */
  path(path: readonly PathSegment[]): string {
    return this.#paths.text(path)
  }

  /** The part of a path that may be shown. @param given what the sources gave in the open needs no closer look */
  cut(path: readonly PathSegment[], given: unknown): readonly PathSegment[] {
    try {
      return this.#paths.cut(path, this.#window.learned, [given])
    } catch {
      return []
    }
  }

  /**
   * The value at a path that {@link cut} returned, as it may be shown.
   *
   * @param root what is served, or what a source gave
   * @param isSecret whether all of it is secret, whatever the path
   */
  value(root: unknown, path: readonly PathSegment[], isSecret = false): unknown {
    try {
      return this.#changes.value(this.#madeOf(root), path, isSecret)
    } catch {
      return REDACTED
    }
  }

  /** Paths that are written out, each once. */
  paths(paths: readonly string[]): string[] {
    return Array.from(new Set(paths.map((path) => this.#paths.textOf(path))))
  }

  /** A foreign text as it may be shown. */
  scrub(text: string): string {
    return checkedText(() => {
      const cut = cutText(text, MAX_TEXT_LENGTH)
      return replaceMarked(cut, this.#window.learned.find(cut), ['', REDACTED])
    })
  }

  /** Several of them, the first few. */
  texts(texts: readonly string[]): string[] {
    const shown = texts.slice(0, MAX_TEXTS).map((text) => cutText(this.scrub(text)))
    const more = texts.length - shown.length
    return more > 0 ? [...shown, `and ${more} more`] : shown
  }

  /** The same for a text about a document all of which is secret, and which could not be parsed. */
  scrubAbout(document: Uint8Array, text: string): string {
    return checkedText(() => {
      const cut = cutText(text, MAX_TEXT_LENGTH)
      const secret = new LearnedSecrets(this.#covered, new Set())
      atOnce(secret.addText(Buffer.from(document).toString()))
      return this.scrub(replaceMarked(cut, secret.find(cut), ['', REDACTED]))
    })
  }

  /** What is wrong at a path of a tree, without the value there, which schema libraries like to quote. */
  problem(message: string, path: readonly PathSegment[], tree: unknown): string {
    return checkedText(() => {
      if (path.length > 0 && this.#paths.covers(path)) return `is not valid (${REDACTED})`
      const cut = cutText(message, MAX_TEXT_LENGTH)
      const marks = new Uint8Array(cut.length)
      if (path.length > 0) markValue(cut, valueAt(tree, path), marks, 2)
      this.#window.learned.find(cut)?.forEach((mark, index) => mark === 1 && (marks[index] = 1))
      return replaceMarked(cut, marks, ['', REDACTED, THIS_VALUE])
    })
  }

  /** Issues and warnings of our own, as they may be shown. */
  issues<I extends Omit<Issue, 'code'>>(issues: readonly I[]): I[] {
    return issues.map((issue) => {
      const { path: where, ...rest } = issue
      const path = where === undefined ? '' : this.#paths.textOf(where)
      return { ...rest, ...(path && { path }), message: this.scrub(issue.message) } as I
    })
  }

  /** Where two values differ, as it may be shown. */
  differences(before: unknown, after: unknown): readonly Difference[] {
    return checkedChange(() => this.#changes.differences(this.#madeOf(before), this.#madeOf(after)))
  }

  /** Differences that were made before, without what has turned out to be a secret since. */
  differencesAgain(differences: readonly Difference[]): readonly Difference[] {
    return checkedChange(() => this.#changes.again(differences))
  }

  /** Another one whenever there may be more to hide. */
  get knowledge(): string {
    return this.#window.knowledge
  }

  /** The paths at which two values differ, as they may be shown. */
  changedPaths(before: unknown, after: unknown): string[] {
    return this.#changes.paths(this.#madeOf(before), this.#madeOf(after))
  }

  /**
   * A value without its secrets, for a digest that tells nothing of them and is the same wherever the same configuration
   * runs.
   */
  withoutSecrets(value: unknown): unknown {
    try {
      return this.#changes.withoutSecrets(this.#madeOf(value))
    } catch {
      return REDACTED
    }
  }

  /** The revision of a source as it may be shown: of a secret it tells whether it changed, and nothing else. */
  revision(source: string, { revision, opaqueRevision }: Revised): string {
    if (opaqueRevision || !this.#window.learned.hasSecrets(source)) return revision
    const digest = createHmac('sha256', this.#key).update(`${source}\0${revision}`).digest('hex')
    return `hmac-sha256:${digest}`
  }

  #remember(value: unknown, { tree, pendingRestart = [] }: MixedOrigin, update: Update): void {
    if (isBranch(value)) this.#made.set(value, { value, tree, update, isMixed: pendingRestart.length > 0 })
  }

  #madeOf(value: unknown): MadeValue {
    return (isBranch(value) && this.#made.get(value)) || { value, tree: undefined, isMixed: false }
  }
}

/** The part of a reading that says which one it is. */
interface Revised {
  readonly revision: string
  readonly opaqueRevision?: boolean
}

function checkedChange(check: () => readonly Difference[]): readonly Difference[] {
  try {
    return check()
  } catch {
    return UNCHECKED_CHANGE
  }
}
