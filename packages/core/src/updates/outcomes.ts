import { ConfigError } from '../errors/errors.js'
import type { Redactor } from '../secrets/redactor.js'
import { createChange, createSnapshot } from '../snapshots/snapshot.js'
import type { Snapshot } from '../snapshots/snapshot.js'
import type { SourceSet } from '../sources/source-set.js'
import type { CanaryReading } from '../sources/source.js'
import type { DeepReadonly } from '../trees/deep-readonly.js'
import { canaryError } from './canary-variant.js'
import type { Check } from './check.js'
import type { Proposal } from './pending-update.js'
import { createRejection, rejectedByProgram } from './rejection.js'
import type { Changed, Origin, Rejected, State } from './state.js'

interface OutcomeParts {
  readonly sources: SourceSet
  readonly redactor: Redactor
}

/** The swap to a value, after the snapshot that is served. */
export function changedOutcome<T>(
  previous: Snapshot<T> | undefined,
  value: DeepReadonly<T>,
  { check, origin, attempt }: Omit<Proposal<T>['from'], 'revisions'>,
  redactor: Redactor,
): Changed<T> {
  const snapshot = createSnapshot<T>(value, (previous?.version ?? 0) + 1, redactor)
  const change = previous && createChange(previous, snapshot, redactor)
  return { type: 'changed', check, origin, snapshot, change, ...(attempt.takesBack && { takesBack: true }) }
}

export function rejectedOutcome(check: Check, error: unknown, { sources, redactor }: OutcomeParts): Rejected {
  const reason =
    error instanceof ConfigError
      ? error
      : rejectedByProgram(redactor, { code: 'HOT_CONFIG_SCHEMA', what: 'unexpected failure', error })
  return { type: 'rejected', check, rejection: createRejection(reason), revisions: sources.revisions }
}

/** The rejection of a canary, which leaves the stable content served. It names the source of the canary. */
export function refusedOutcome(
  canary: Pick<CanaryReading, 'source' | 'digest'>,
  error: unknown,
  check: Check,
  parts: OutcomeParts,
  type: 'refused' | 'taken-back' = 'refused',
): Rejected {
  const { source, digest } = canary
  const outcome = rejectedOutcome(check, canaryError(canary, error, parts.redactor), parts)
  return { ...outcome, rejection: { ...outcome.rejection, source }, refuses: { type, digest } }
}

/** The rejection of what the guard takes back: of the canary in it, unless that was served before. */
export function takenBackOutcome<T>(
  { origin, canary }: State<T>,
  good: Origin | undefined,
  reason: ConfigError,
  check: Check,
  parts: OutcomeParts,
): Rejected {
  if (origin?.canary === undefined || origin.canary === good?.canary) return rejectedOutcome(check, reason, parts)
  return refusedOutcome({ source: canary?.source ?? '', digest: origin.canary }, reason, check, parts, 'taken-back')
}
