import type { UnknownPolicy } from '../schemas/validator.js'
import type { Redactor } from '../secrets/redactor.js'
import type { Snapshot } from '../snapshots/snapshot.js'
import type { SourceSet } from '../sources/source-set.js'
import type { PathPatterns } from '../trees/path-patterns.js'
import type { LastGood } from './last-good.js'
import type { Preparation } from './preparation.js'
import type { ReloadResult } from './reload.js'

export interface UpdaterParts<T> {
  readonly sources: SourceSet
  readonly preparation: Preparation<T>
  readonly redactor: Redactor
  readonly restartRequired: PathPatterns
  readonly unknown: UnknownPolicy
  /** The longest random wait before an update is prepared, in milliseconds. */
  readonly maxDelayMs: number
  /** Whether a source may lose all its values in an update. */
  readonly emptied: 'reject' | 'accept'
  readonly safe: {
    readonly lastGood: LastGood | undefined
    /** What serves again when the guard takes back what serves now. */
    readonly proven: Snapshot<T> | undefined
  }
  /** Reads the sources again, once the check that runs has ended. */
  readonly checkAgain: () => Promise<CheckResult>
  /** Aborts on `close()`. */
  readonly signal: AbortSignal
}

/** What a check leads to. The result may come much later: hooks and delays must not keep the next check waiting. */
export interface CheckResult {
  readonly result: Promise<ReloadResult>
  /** Whether it waits for a delay first. */
  readonly isDelayed?: boolean
}
