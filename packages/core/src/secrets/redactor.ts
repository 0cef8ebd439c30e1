import { createHmac, randomBytes } from 'node:crypto'

import { atOnce } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import type { Issue } from '../errors/errors.js'
import { cutText } from '../errors/issue-limits.js'
import { valueAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { isBranch } from '../trees/tree.js'
import { spelledCost } from './check-limit.js'
import type { CheckLimit } from './check-limit.js'
import { checkedText, replaceMarked } from './checked-text.js'
import { CoveredPaths } from './covered-paths.js'
import { LearnedSecrets } from './learned-secrets.js'
import { SecretWindow } from './secret-window.js'
import type { Origin, ParsedLayer, ReadLayer, Update } from './secret-window.js'
import { ShownChanges, checkedChange } from './shown-changes.js'
import type { DifferenceLimits, MadeValue, ShownDifferences } from './shown-changes.js'
import { ShownPaths } from './shown-paths.js'
import { REDACTED } from './shown-values.js'
import { markValue, THIS_VALUE } from './without-value.js'

/** Longer texts are cut before they are checked, since no report shows a text this long. In characters. */
const MAX_TEXT_LENGTH = 16 * 1024

/** The maximum number of warnings of one source that are shown. */
const MAX_TEXTS = 20

/** The marks of a schema for secrets. */
export interface SchemaMarks {
  /** Patterns of paths that are never shown. */
  readonly sensitive: readonly string[]
  /** Patterns of paths that are not secret, although their names sound like it. */
  readonly open?: readonly string[] | undefined
  /** The keys that the schema declares, which are not secret themselves. */
  readonly names?: readonly string[] | undefined
}

/** What a schema says about the value at a path. */
interface PathProblem {
  readonly message: string
  readonly path: readonly PathSegment[]
  /** What the value comes from, when that is not the merged sources: the environment, or an argument. */
  readonly source?: string | undefined
  /** Whether hot-config wrote the message, so that it does not quote the value. */
  readonly isOwn?: boolean | undefined
}

/** The layers and the tree that a value came from. */
interface MixedOrigin extends Origin {
  /** The paths whose values are those of an earlier update. */
  readonly pendingRestart?: readonly string[]
}

/**
 * Applies the rule for secrets, and is the only place that does. Everything that leaves the process passes through it:
 * errors, log, health, history, page, metrics, spans, events.
 *
 * - **Covered** are the paths in `redact`, the paths that the schema marks, the values of secret entries, and every key
 *   with the name of a secret.
 * - A **value** at or below a covered path is not shown.
 * - A **path** is cut after its first covered key, because the keys below may be secret too.
 * - A **foreign text** (of schemas, hooks, listeners, sources, parsers) loses each piece of a covered text that has at
 *   least six characters, and each shorter covered text as a whole, in any spelling. Covered texts are those of the
 *   window: of the last snapshots and of later updates. So a value that a schema moves to another path stays hidden.
 * - A text or value that can't be checked is not shown.
 */
export class Redactor {
  readonly #covered: CoveredPaths
  readonly #window: SecretWindow
  readonly #paths: ShownPaths
  readonly #changes: ShownChanges
  readonly #made = new WeakMap<object, MadeValue>()
  /** The layers that were read last and could be parsed. */
  #parsed: readonly ParsedLayer[] = []
  /** The key for digests of revisions. It differs in each process, so that nobody can compare digests of guesses. */
  #key: Uint8Array | undefined

  /** @param redact patterns of paths */
  constructor(redact: readonly string[]) {
    this.#covered = new CoveredPaths(redact)
    this.#window = new SecretWindow(this.#covered)
    this.#paths = new ShownPaths(this.#covered, this.#window)
    this.#changes = new ShownChanges(this.#covered, this.#window, this.#paths)
  }

  /** Adds the marks of the schema, before anything is read. */
  add({ sensitive, open = [], names = [] }: SchemaMarks): void {
    this.#covered.cover(sensitive)
    this.#covered.open(open)
    this.#window.addPublicNames(names)
  }

  /** Learns the secrets of the layers that were read, before they are validated. */
  read(layers: readonly ReadLayer[]): Walk<void> {
    return this.#window.read(layers)
  }

  /** Does the same once there is something to show, for tools that show nothing of most contents. */
  readLater(layers: readonly ReadLayer[]): void {
    this.#window.readLater(layers)
  }

  /** Forgets what was to be read later. @returns whether there was nothing to show, so that nothing of it was learned */
  forgetUnread(): boolean {
    return this.#window.forgetUnread()
  }

  /** Learns a value that hooks and resources are about to see. */
  proposed(value: unknown, origin: MixedOrigin = { layers: [], tree: value }): void {
    this.#remember(value, origin, this.#window.made(value, origin))
  }

  /** Learns a value that is served from now on. */
  served(value: unknown, origin: MixedOrigin = { layers: [], tree: value }): void {
    this.#remember(value, origin, this.#window.serves(value, origin))
  }

  /** Learns which revisions the layers have that were read last. */
  parsed(layers: readonly ParsedLayer[]): void {
    this.#parsed = layers
  }

  /** Returns a path as it may be shown. */
  path(path: readonly PathSegment[]): string {
    return this.#paths.text(path)
  }

  /**
   * Returns the part of a path that may be shown.
   *
   * @param given the merged sources: a key that they have in the open needs no check
   */
  cut(path: readonly PathSegment[], given: unknown): readonly PathSegment[] {
    try {
      return this.#paths.cut(path, this.#window.learned, [given])
    } catch {
      return []
    }
  }

  /**
   * Returns the value at a path that {@link cut} returned, as it may be shown.
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

  /** Returns paths in text form as they may be shown, without duplicates. */
  paths(paths: readonly string[]): string[] {
    return Array.from(new Set(paths.map((path) => this.#paths.textOf(path))))
  }

  /** Returns a foreign text as it may be shown. */
  scrub(text: string): string {
    return checkedText(() => {
      const cut = cutText(text, MAX_TEXT_LENGTH)
      return replaceMarked(cut, this.#window.learned.find(cut), ['', REDACTED])
    })
  }

  /** Returns the first foreign texts of a list as they may be shown, and the number of the others. */
  texts(texts: readonly string[]): string[] {
    const shown = texts.slice(0, MAX_TEXTS).map((text) => cutText(this.scrub(text)))
    const more = texts.length - shown.length
    return more > 0 ? [...shown, `and ${more} more`] : shown
  }

  /** Returns a foreign text about a secret document that could not be parsed, so that its texts were not learned. */
  scrubAbout(document: Uint8Array, text: string): string {
    return checkedText(() => {
      const cut = cutText(text, MAX_TEXT_LENGTH)
      const secret = new LearnedSecrets(this.#covered, new Set())
      atOnce(secret.addText(Buffer.from(document).toString()))
      return this.scrub(replaceMarked(cut, secret.find(cut), ['', REDACTED]))
    })
  }

  /**
   * Returns the message of a problem without the value at its path, which schema libraries often quote.
   *
   * @param tree the merged sources
   */
  problem({ message, path, source, isOwn }: PathProblem, tree: unknown): string {
    return checkedText(() => {
      if (path.length > 0 && this.#paths.covers(path)) {
        // That a secret is missing is no secret, and the usual mistake: its Secret is not mounted.
        const isMissing = source === undefined && valueAt(tree, this.#paths.cut(path)) === undefined
        return isMissing ? 'is not valid: no source has a value for it' : `is not valid (${REDACTED})`
      }
      const cut = cutText(message, MAX_TEXT_LENGTH)
      const marks = new Uint8Array(cut.length)
      if (path.length > 0 && !isOwn) markValue(cut, valueAt(tree, path), marks, 2)
      this.#window.learned.find(cut)?.forEach((mark, index) => mark === 1 && (marks[index] = 1))
      return replaceMarked(cut, marks, ['', REDACTED, THIS_VALUE])
    })
  }

  /** Returns issues and warnings of hot-config as they may be shown: all, or those up to a limit. */
  issues<I extends Omit<Issue, 'code'>>(issues: readonly I[], limit?: CheckLimit): I[] {
    const shown: I[] = []
    for (const issue of issues) {
      if (limit?.isReached) break
      limit?.spend(spelledCost(issue.message))
      const { path: where, ...rest } = issue
      const path = where === undefined ? '' : this.#paths.textOf(where)
      shown.push({ ...rest, ...(path && { path }), message: this.scrub(issue.message) } as I)
    }
    return shown
  }

  /** Returns the differences of two values as they may be shown, up to a limit. */
  differences(before: unknown, after: unknown, limits?: DifferenceLimits): ShownDifferences {
    return checkedChange(() => this.#changes.differences(this.#madeOf(before), this.#madeOf(after), limits))
  }

  /** Returns earlier differences without the values that turned out to be secret since then, up to a limit. */
  differencesAgain(differences: ShownDifferences, limits: DifferenceLimits): ShownDifferences {
    return checkedChange(() => this.#changes.again(differences, limits))
  }

  /** Learns again the secrets of values that were served long ago. */
  recall(...values: readonly unknown[]): void {
    this.#changes.recall(...values.map((value) => this.#madeOf(value)))
  }

  /** A text that changes whenever there may be more secrets to hide. */
  get knowledge(): string {
    return this.#window.knowledge
  }

  /** Returns the paths at which two values differ, as they may be shown. */
  changedPaths(before: unknown, after: unknown): string[] {
    return this.#changes.paths(this.#madeOf(before), this.#madeOf(after))
  }

  /**
   * Returns a value without its secrets, for the digest. So the digest reveals nothing about them, and is the same in
   * all processes with the same configuration.
   */
  withoutSecrets(value: unknown): unknown {
    try {
      return this.#changes.withoutSecrets(this.#madeOf(value))
    } catch {
      return REDACTED
    }
  }

  /**
   * Returns a value of a source without what is secret by its path. It is the same object when nothing is.
   *
   * @param layers what is served: paths with values of its secret entries are secret as well
   */
  withoutSecretPaths(value: unknown, layers: readonly ReadLayer[]): unknown {
    return this.#changes.withoutSecretPaths(value, layers)
  }

  /**
   * Returns the revision of a source as it may be shown. For a source with secrets, it reveals only whether it changed.
   * So it does for content that could not be parsed, which may have secrets.
   */
  revision(source: string, { revision, opaqueRevision }: Revised): string {
    if (opaqueRevision || this.#isWithoutSecrets(source, revision)) return revision
    const key = (this.#key ??= randomBytes(32))
    const digest = createHmac('sha256', key).update(`${source}\0${revision}`).digest('hex')
    return `hmac-sha256:${digest}`
  }

  #isWithoutSecrets(source: string, revision: string): boolean {
    if (this.#window.learned.hasSecrets(source)) return false
    const parsed = this.#parsed.find(({ layer, ...at }) => layer.source === source && at.revision === revision)
    return parsed !== undefined && this.#window.hasRead(parsed.layer)
  }

  #remember(value: unknown, { tree, pendingRestart = [] }: MixedOrigin, update: Update): void {
    if (isBranch(value)) this.#made.set(value, { value, tree, update, isMixed: pendingRestart.length > 0 })
  }

  #madeOf(value: unknown): MadeValue {
    return (isBranch(value) && this.#made.get(value)) || { value, tree: undefined, isMixed: false }
  }
}

/** The revision of a reading. */
interface Revised {
  readonly revision: string
  readonly opaqueRevision?: boolean
}
