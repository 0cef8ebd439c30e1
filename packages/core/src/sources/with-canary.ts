import { handled } from '../async/handled.js'
import { createAbort } from '../async/abort.js'
import { inTime } from '../async/time-limit.js'
import { messageOf } from '../errors/errors.js'
import { readOptions } from '../errors/option-checks.js'
import type { TableOf } from '../errors/option-checks.js'
import { MAX_MS, text } from '../errors/option-kinds.js'
import { CanaryChoice } from './canary/canary-choice.js'
import { contentOf, digestOfEntries, hasContent, withEntries } from './canary/canary-content.js'
import { shareOf } from './canary/canary-share.js'
import { checkReading } from './checked-source.js'
import { KeyError } from './files/read-folder.js'
import { source } from './source.js'
import type { CanaryReading, Entry, Reading, Source, Watch, WatchContext } from './source.js'
import { READ_TIMEOUT_MS } from './source-reader.js'
import { joinStamps, stampIn } from './stamps.js'
import { watchAll } from './watch-all.js'

export interface CanaryOptions {
  /** Distinguishes this process from the others, to choose those that serve a canary. Default: `$POD_NAME`, else the name of the host. */
  readonly identity?: string | undefined
}

const OPTIONS = { identity: text() } satisfies TableOf<CanaryOptions>

/** How long a canary may take after the stable source was read, in milliseconds. It must not hold up a start. */
const PATIENCE_MS = 2_000

/**
 * A source with a canary: content that only a share of the processes serves yet. The canary's keys take the place of the
 * stable ones of the same names. Its key `hot-config.share`, such as `10%`, says how many processes serve it.
 *
 * A canary that is rejected leaves the process on the stable content, and is not tried again until its content changes. A
 * canary that is empty, or whose folder does not exist, is none. `HOT_CONFIG_CANARY=always` or `never` decides for one
 * process.
 *
 * @example
 * withCanary(volume('/etc/config'), volume('/etc/config-canary'))
 *
 * @param stable what all other processes serve
 * @param canary what is tried first
 * @throws {OptionError} for what is no source, or options or a `HOT_CONFIG_CANARY` that make no sense
 */
export function withCanary(stable: Source, canary: Source, options: CanaryOptions = {}): Source {
  const { identity } = readOptions(options, OPTIONS)
  const choice = new CanaryChoice(identity)
  return new SourceWithCanary(source.required(stable, 'stable'), source.required(canary, 'canary'), choice)
}

class SourceWithCanary implements Source {
  readonly readTimeoutMs: number
  readonly #stable: Source
  readonly #canary: Source
  readonly #choice: CanaryChoice
  /** Whether there was no canary when it was last read, and no empty one either. */
  #isMissing = false
  /** The canary's entries with its name: the same objects for the same entries, so that they are not parsed again. */
  readonly #named = new WeakMap<Entry, Entry>()

  constructor(stable: Source, canary: Source, choice: CanaryChoice) {
    this.#stable = stable
    this.#canary = canary
    this.#choice = choice
    this.readTimeoutMs = Math.min((stable.readTimeoutMs ?? READ_TIMEOUT_MS) + PATIENCE_MS, MAX_MS)
  }

  /** That of the stable source. */
  get name(): string {
    return this.#stable.name
  }

  async read(signal: AbortSignal): Promise<Reading> {
    const abort = createAbort()
    const stop = (): void => abort.abort(signal.reason)
    signal.addEventListener('abort', stop)
    try {
      // the stable source may fail first
      const canary = handled((async () => this.#canary.read(abort.signal))())
      const stable = checkReading(await this.#stable.read(signal))
      const reading = { ...stable, stamp: joinStamps(stable.stamp), entries: contentOf(stable.entries).entries }
      try {
        const limit = { ms: PATIENCE_MS, what: 'not read', keepsAlive: true }
        const read = checkReading(await inTime(limit, signal, canary))
        this.#isMissing = false
        return this.#combine({ ...reading, stamp: joinStamps(stable.stamp, read.stamp) }, read)
      } catch (error) {
        signal.throwIfAborted()
        this.#isMissing = isMissing(error)
        return this.#without(reading, error)
      }
    } finally {
      signal.removeEventListener('abort', stop)
      abort.abort()
    }
  }

  watch(context: WatchContext): Watch {
    const { recheckMs, changed } = context
    const [stable, canary] = watchAll([this.#stable, this.#canary], (_, index) => ({
      recheckMs,
      lastStamp: () => stampIn(context.lastStamp(), index),
      changed: () => {
        if (index === 1 && this.#isMissing) void this.#callOnceThere(changed)
        else changed()
      },
    }))
    // that it can't be watched while it is not there needs no second warning
    const isThere = (): boolean => !this.#isMissing
    const warnings = (): readonly string[] => {
      const ofCanary = isThere() ? canary?.warnings : []
      return [...(stable?.warnings ?? []), ...this.#ofCanary(ofCanary)]
    }
    return {
      get by() {
        return stable?.by ?? 'none'
      },
      get warnings() {
        return warnings()
      },
      get isDegraded() {
        return stable?.isDegraded === true || (isThere() && canary?.isDegraded === true)
      },
      close() {
        stable?.close()
        canary?.close()
      },
    }
  }

  /** A watch reports each time that the folder is still not there. */
  async #callOnceThere(changed: () => void): Promise<void> {
    try {
      await this.#canary.read(AbortSignal.timeout(PATIENCE_MS))
    } catch (error) {
      if (isMissing(error)) return
    }
    changed()
  }

  #combine(stable: Reading, reading: Reading): Reading {
    const warnings = [...(stable.warnings ?? []), ...this.#ofCanary(reading.warnings)]
    const contentWarnings = [...(stable.contentWarnings ?? []), ...this.#ofCanary(reading.contentWarnings)]
    const content = contentOf(reading.entries)
    const { entries: own, share: text } = content
    const volumes = [...(stable.volumes ?? []), ...(reading.volumes ?? [])]
    const both = { ...stable, warnings, contentWarnings, volumes }
    if (!hasContent(content)) return both
    const digest = digestOfEntries(own)
    const { share, problem } = shareOf(text)
    const canary: CanaryReading = {
      source: this.#canary.name,
      share,
      chosen: this.#choice.isChosen(share, digest),
      digest,
      entries: withEntries(
        stable.entries,
        own.map((entry) => this.#name(entry)),
      ),
      ...(problem !== undefined && { problem }),
    }
    // Without updates of the canary, this process would also miss its end.
    return { ...both, ...(reading.updatable === false && { updatable: false }), canary: outerOf(canary, stable.canary) }
  }

  #without(stable: Reading, error: unknown): Reading {
    if (isMissing(error)) {
      const warnings = [...(stable.warnings ?? []), ...this.#ofCanary([`there is no canary: ${messageOf(error)}`])]
      return { ...stable, warnings }
    }
    const canary = { source: this.#canary.name, share: 0, chosen: false, digest: undefined, entries: [], error }
    return { ...stable, canary: outerOf(canary, stable.canary) }
  }

  #name(entry: Entry): Entry {
    const named = this.#named.get(entry) ?? { ...entry, source: this.#canary.name }
    this.#named.set(entry, named)
    return named
  }

  #ofCanary(warnings: readonly string[] = []): string[] {
    return warnings.map((warning) => `${this.#canary.name}: ${warning}`)
  }
}

/** The canary of nested ones: the outer one, unless this process was chosen for the inner one alone. */
function outerOf(outer: CanaryReading, inner: CanaryReading | undefined): CanaryReading {
  return inner?.chosen === true && !outer.chosen ? inner : outer
}

/** Whether the folder or the file is not there, which says that there is no canary. */
function isMissing(error: unknown): boolean {
  if (error instanceof KeyError) return false
  const { code, cause } = Object(error) as { readonly code?: unknown; readonly cause?: unknown }
  return code === 'ENOENT' || (cause !== undefined && isMissing(cause))
}
