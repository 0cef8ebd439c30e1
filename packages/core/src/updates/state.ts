import { isDeepStrictEqual } from 'node:util'

import type { ContentWarning } from '../errors/content-warning.js'
import type { Layer } from '../layers/layer.js'
import type { Change, Snapshot } from '../snapshots/snapshot.js'
import type { Tree } from '../trees/tree.js'
import type { Check } from './check.js'
import type { Rejection } from './rejection.js'

/** The layers and the merged tree that a snapshot came from. */
export interface Origin {
  readonly layers: readonly Layer[]
  /** The merged layers, before they were validated; frozen. */
  readonly tree: Tree
  /** Probable mistakes in the layers, and names in them that the schema does not know. */
  readonly warnings: readonly ContentWarning[]
  readonly pinnedByEnvironment: readonly string[]
  /** The variables and arguments that override the sources, such as `env:PORT`, by the path that they set. */
  readonly overriders: ReadonlyMap<string, string>
  /** The paths at which the previous values were kept. */
  readonly pendingRestart: readonly string[]
}

/** The revision of each source, `undefined` for one that could not be read. */
export type Revisions = readonly (string | undefined)[]

/** Why the newest update is not served. */
interface Rejected {
  /** The number of the newest check that found this. */
  readonly check: number
  readonly rejection: Rejection
  readonly revisions: Revisions
}

/** What is served, where it came from, and why something newer is not. Replaced as a whole. */
export interface State<T> {
  readonly snapshot: Snapshot<T> | undefined
  /** Of the snapshot. `undefined` before the first, and for one that a test set by hand. */
  readonly origin: Origin | undefined
  readonly rejected: Rejected | undefined
}

export interface Changed<T> {
  readonly type: 'changed'
  readonly check: Check
  readonly origin: Origin | undefined
  readonly snapshot: Snapshot<T>
  /** `undefined` for the first snapshot. */
  readonly change: Change<T> | undefined
}

/** The outcome of a check, possibly long after the check itself. */
export type Outcome<T> =
  | Changed<T>
  | { readonly type: 'unchanged'; readonly check: Check; readonly origin: Origin | undefined }
  | {
      readonly type: 'rejected'
      readonly check: Check
      readonly rejection: Rejection
      readonly revisions: Revisions
    }

/** A transition, as everything that reports on it sees it. */
export interface Step<T> {
  readonly before: State<T>
  readonly now: State<T>
  readonly outcome: Outcome<T>
}

export const INITIAL: State<never> = { snapshot: undefined, origin: undefined, rejected: undefined }

/** The only place that says how an outcome changes the state. */
export function reduce<T>(state: State<T>, outcome: Outcome<T>): State<T> {
  const { rejected } = state
  // An older update that was still being prepared does not end the rejection of a newer one.
  const newer = rejected && rejected.check > outcome.check.number ? rejected : undefined
  if (outcome.type === 'changed') return { snapshot: outcome.snapshot, origin: outcome.origin, rejected: newer }
  if (outcome.type === 'unchanged') return { ...state, origin: outcome.origin, rejected: newer }
  if (newer) return state
  const { check, rejection, revisions } = outcome
  // A rejection that comes again stays what it was, but of a newer check: an older update must not end it.
  const kept = isRepeated(state, outcome) ? rejected : undefined
  return { ...state, rejected: { ...(kept ?? { rejection, revisions }), check: check.number } }
}

/** Whether an outcome rejects the same content again for the same reason. Then it counts as the same rejection. */
export function isRepeated<T>({ rejected }: State<T>, outcome: Outcome<T>): boolean {
  return (
    outcome.type === 'rejected' &&
    outcome.revisions.length > 0 &&
    rejected?.rejection.message === outcome.rejection.message &&
    isDeepStrictEqual(rejected.revisions, outcome.revisions)
  )
}
