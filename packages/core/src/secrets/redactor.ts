import { createHmac, randomBytes } from 'node:crypto'

import { atOnce } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import type { Issue } from '../errors/errors.js'
import { cutText } from '../errors/issue-limits.js'
import { eachDifference } from '../trees/diff.js'
import type { Difference } from '../trees/diff.js'
import { formatPath, parsePath, valueAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { isBranch } from '../trees/tree.js'
import { checkedText, replaceMarked } from './checked-text.js'
import { CoveredPaths } from './covered-paths.js'
import { LearnedSecrets } from './learned-secrets.js'
import type { LearnedLayer } from './learned-secrets.js'
import { isPlainName } from './secret-names.js'
import { SecretPaths } from './secret-paths.js'
import { SecretWindow } from './secret-window.js'
import type { ReadLayer, Update } from './secret-window.js'
import { REDACTED, ShownValues } from './shown-values.js'
import type { ShownRule } from './shown-values.js'
import { markValue, THIS_VALUE } from './without-value.js'

/** Longer texts are cut before they are checked, so that checking has a limit. In characters. */
const MAX_TEXT_LENGTH = 64 * 1024

/** How many warnings of one source are shown. */
const MAX_TEXTS = 20

/** What a schema says about secrets. */
export interface SchemaMarks {
  /** Patterns of paths that are never shown. */
  readonly sensitive: readonly string[]
  /** Patterns of paths that are no secrets, although their names say so. */
  readonly open?: readonly string[]
  /** The keys that it declares, which are no secrets themselves. */
  readonly names?: readonly string[]
}

/** What a value was made from. */
interface Origin {
  readonly layers: readonly ReadLayer[]
  readonly tree: unknown
  /** Where the value is that of an earlier update. */
  readonly pendingRestart?: readonly string[]
}

/** The same without the bytes that were read. */
interface Made {
  readonly tree: unknown
  readonly update?: Update
  readonly isMixed: boolean
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
  /** By value, what it was made from, and the update it belongs to. */
  readonly #made = new WeakMap<object, Made>()
  /** For revisions: different in each process, so that nobody can compare guesses. */
  readonly #key = randomBytes(32)

  /** @param redact patterns of paths */
  constructor(redact: readonly string[]) {
    this.#covered = new CoveredPaths(redact)
    this.#window = new SecretWindow(this.#covered)
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
  proposed(value: unknown, origin: Origin = { layers: [], tree: value }): void {
    this.#remember(value, origin, this.#window.made(value, origin.layers))
  }

  /** Learns a value that is served from now on. */
  served(value: unknown, origin: Origin = { layers: [], tree: value }): void {
    this.#remember(value, origin, this.#window.serves(value, origin.layers))
  }

  /** A path as it may be shown. */
  path(path: readonly PathSegment[]): string {
    return checkedText(() => formatPath(this.#cut(path)))
  }

  /** Paths as they may be shown, each once. */
  paths(paths: readonly string[]): string[] {
    return Array.from(new Set(paths.map((path) => this.path(parsePath(path)))))
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
      if (path.length > 0 && this.#covers(path)) return `is not valid (${REDACTED})`
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
      const path = issue.path === undefined ? undefined : this.path(parsePath(issue.path))
      const { path: _path, ...rest } = issue
      return { ...rest, ...(path && { path }), message: this.scrub(issue.message) } as I
    })
  }

  /** Where two values differ, as it may be shown. */
  differences(before: unknown, after: unknown): Difference[] {
    try {
      // what was learned of them may have been forgotten
      for (const { update } of [this.#madeOf(before), this.#madeOf(after)]) if (update) this.#window.recall(update)
      const [showBefore, showAfter] = [this.#showing(before), this.#showing(after)]
      const found = new Map<string, Difference>()
      this.#eachDifference(before, after, (path, cut) => {
        const text = formatPath(cut)
        const isCut = cut.length < path.length
        const show = (shown: ShowPart, root: unknown): unknown =>
          isCut ? hidden(valueAt(root, cut)) : shown(valueAt(root, path), path)
        if (!found.has(text))
          found.set(text, { path: text, before: show(showBefore, before), after: show(showAfter, after) })
      })
      return Array.from(found.values())
    } catch {
      return [{ path: '', before: REDACTED, after: REDACTED }]
    }
  }

  /** Differences that were made before, without what has turned out to be a secret since. */
  differencesAgain(differences: readonly Difference[]): Difference[] {
    const shown = new ShownValues(this.#rule(this.#window.learned))
    return differences.map(({ path: text, before, after }) => {
      const path = parsePath(text)
      const show = (value: unknown): unknown =>
        this.#cut(path).length < path.length ? hidden(value) : shown.show(value, path, value)
      return { path: this.path(path), before: show(before), after: show(after) }
    })
  }

  /** Another one whenever there may be more to hide. */
  get knowledge(): string {
    return this.#window.knowledge
  }

  /** The paths of the differences. */
  changedPaths(before: unknown, after: unknown): string[] {
    const found = new Set<string>()
    this.#eachDifference(before, after, (_path, cut) => found.add(formatPath(cut)))
    return Array.from(found)
  }

  /**
   * A value without its secrets, for a digest that tells nothing of them. It depends on the update alone that the value is
   * from, so that it is the same in every process.
   */
  withoutSecrets(value: unknown): unknown {
    try {
      const { tree, update, isMixed } = this.#madeOf(value)
      const paths = secretPathsOf(update?.layers ?? [])
      const show = (learned: LearnedSecrets): ShownValues => new ShownValues({ ...this.#rule(learned), paths })
      const shown = show(this.#window.learned)
      const result = shown.show(value, [], tree)
      // what the window hides may be the secret of another update; parts that wait for a restart are of another one
      const isExact = !shown.foundSecrets || !update || isMixed
      return isExact ? result : show(this.#window.learnedOf(update)).show(value, [], tree)
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

  #covers(path: readonly PathSegment[]): boolean {
    return this.#coveredLength(path) !== undefined
  }

  /** How many segments lead to the first that is covered, that one included. */
  #coveredLength(path: readonly PathSegment[]): number | undefined {
    const lengths = [this.#covered.coveredLength(path), this.#window.learned.paths.secretLength(path)]
    const known = lengths.filter((length) => length !== undefined)
    return known.length > 0 ? Math.min(...known) : undefined
  }

  #cut(path: readonly PathSegment[]): readonly PathSegment[] {
    const shown = path.slice(0, this.#coveredLength(path))
    const { learned } = this.#window
    const hidden = shown.findIndex((key, index) => !this.#isShownKey(key, shown.slice(0, index), learned))
    return hidden < 0 ? shown : shown.slice(0, hidden)
  }

  /** Whether a key is no secret: nobody hid it, or somebody gave it in the open. */
  #isShownKey(key: PathSegment, parent: readonly PathSegment[], learned: LearnedSecrets): boolean {
    if (typeof key === 'number' || isPlainName(key) || this.#window.isPublicName(key)) return true
    return learned.find(key) === undefined || this.#window.gives([...parent, key])
  }

  #eachDifference(
    before: unknown,
    after: unknown,
    found: (path: readonly PathSegment[], cut: readonly PathSegment[]) => void,
  ): void {
    eachDifference(
      before,
      after,
      (path) => this.#covers(path),
      (path) => found(path, this.#cut(path)),
    )
  }

  #rule(learned: LearnedSecrets): ShownRule {
    const isShownKey: ShownRule['isShownKey'] = (key, parent) => this.#isShownKey(key, parent, learned)
    return { covered: this.#covered, paths: learned.paths, learned, isShownKey }
  }

  #showing(root: unknown): ShowPart {
    const shown = new ShownValues(this.#rule(this.#window.learned))
    const { tree } = this.#madeOf(root)
    return (value, path) => shown.show(value, path, valueAt(tree, path))
  }

  #remember(value: unknown, { tree, pendingRestart = [] }: Origin, update: Update): void {
    if (isBranch(value)) this.#made.set(value, { tree, update, isMixed: pendingRestart.length > 0 })
  }

  #madeOf(value: unknown): Made {
    return (isBranch(value) && this.#made.get(value)) || { tree: undefined, isMixed: false }
  }
}

/** Shows what is at a path of a value. */
type ShowPart = (value: unknown, path: readonly PathSegment[]) => unknown

/** The part of a reading that says which one it is. */
interface Revised {
  readonly revision: string
  readonly opaqueRevision?: boolean
}

function secretPathsOf(layers: readonly LearnedLayer[]): SecretPaths {
  const paths = new SecretPaths()
  for (const { parts } of layers) for (const { isSecret, tree } of parts) if (isSecret) paths.addTree(tree)
  return paths
}

function hidden(value: unknown): unknown {
  return value === undefined ? undefined : REDACTED
}
