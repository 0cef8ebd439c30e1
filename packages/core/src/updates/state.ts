import { isDeepStrictEqual } from 'node:util'

import type { ContentWarning } from '../errors/content-warning.js'
import type { Layer } from '../layers/layer.js'
import type { Part } from '../layers/part.js'
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
  /** The digest of the canary that is part of it. */
  readonly canary?: string | undefined
  /** Whether it was saved by an earlier process, and when, in ISO 8601. */
  readonly lastGood?: { readonly savedAt: string } | undefined
  /** Of a snapshot with a canary: the layers beside it, without it. */
  readonly stable?: readonly Layer[] | undefined
}

/** The revision of each source, `undefined` for one that could not be read. */
export type Revisions = readonly (string | undefined)[]

/** Why the newest update is not served. */
interface StandingRejection {
  /** The number of the newest check that found this. */
  readonly check: number
  readonly rejection: Rejection
  readonly revisions: Revisions
}

/** What a check read of a canary. */
export interface Canary {
  /** The name of its source. */
  readonly source: string
  /** From 0 to 1. */
  readonly share: number
  readonly chosen: boolean
  /** `undefined` when it could not be read. */
  readonly digest: string | undefined
  /** Its own entries. `undefined` when they could not be parsed. */
  readonly parts: readonly Part[] | undefined
  /** What is wrong with its share. */
  readonly problem?: string | undefined
}

/** Content of a canary that is not tried again. */
export interface CanaryRefusal {
  readonly type: 'refused' | 'taken-back'
  /** `undefined` for one that could not be read. */
  readonly digest: string | undefined
  readonly rejection: Rejection
}

/** More of them are forgotten, oldest first. */
const MAX_REFUSALS = 100

/** What is served, where it came from, and why something newer is not. Replaced as a whole. */
export interface State<T> {
  readonly snapshot: Snapshot<T> | undefined
  /** Of the snapshot. `undefined` before the first, and for one that a test set by hand. */
  readonly origin: Origin | undefined
  readonly rejected: StandingRejection | undefined
  /** What the newest check read of a canary. */
  readonly canary: Canary | undefined
  /** Canaries that were rejected, newest last. */
  readonly refusals: readonly CanaryRefusal[]
}

export interface Changed<T> {
  readonly type: 'changed'
  readonly check: Check
  readonly origin: Origin | undefined
  readonly snapshot: Snapshot<T>
  /** `undefined` for the first snapshot. */
  readonly change: Change<T> | undefined
  /** Whether the guard took an update back. */
  readonly takesBack?: boolean
  readonly canary?: Canary | undefined
}

export interface Rejected {
  readonly type: 'rejected'
  readonly check: Check
  readonly rejection: Rejection
  readonly revisions: Revisions
  readonly canary?: Canary | undefined
  /** The canary that is not served for this reason. The stable content is not rejected then. */
  readonly refuses?: Omit<CanaryRefusal, 'rejection'> | undefined
}

/** The outcome of a check, possibly long after the check itself. `canary` is what the newest check read. */
export type Outcome<T> =
  | Changed<T>
  | {
      readonly type: 'unchanged'
      readonly check: Check
      readonly origin: Origin | undefined
      readonly canary?: Canary | undefined
    }
  | Rejected

/** A transition, as everything that reports on it sees it. */
export interface Step<T> {
  readonly before: State<T>
  readonly now: State<T>
  readonly outcome: Outcome<T>
}

export const INITIAL: State<never> = {
  snapshot: undefined,
  origin: undefined,
  rejected: undefined,
  canary: undefined,
  refusals: [],
}

/** The only place that says how an outcome changes the state. */
export function reduce<T>(state: State<T>, outcome: Outcome<T>): State<T> {
  const { rejected } = state
  const { canary } = outcome
  const refusals = refusalsAfter(state, outcome)
  if (outcome.type === 'rejected' && outcome.refuses) return { ...state, canary, refusals }
  // An older update that was still being prepared does not end the rejection of a newer one.
  const newer = rejected && rejected.check > outcome.check.number ? rejected : undefined
  if (outcome.type === 'changed') {
    return { snapshot: outcome.snapshot, origin: outcome.origin, rejected: newer, canary, refusals }
  }
  if (outcome.type === 'unchanged') return { ...state, origin: outcome.origin, rejected: newer, canary, refusals }
  if (newer) return state
  const { check, rejection, revisions } = outcome
  // A rejection that comes again stays what it was, but of a newer check: an older update must not end it.
  const kept = isRepeated(state, outcome) ? rejected : undefined
  return { ...state, rejected: { ...(kept ?? { rejection, revisions }), check: check.number }, canary, refusals }
}

function refusalsAfter<T>({ refusals }: State<T>, outcome: Outcome<T>): readonly CanaryRefusal[] {
  const { canary } = outcome
  // Once it can be read again, or is gone, failing for the same reason is news.
  const isUnread = canary !== undefined && canary.digest === undefined
  const kept = isUnread ? refusals : refusals.filter(({ digest }) => digest !== undefined)
  if (outcome.type !== 'rejected' || !outcome.refuses) return kept
  const { refuses, rejection } = outcome
  const others = kept.filter(({ digest }) => digest !== refuses.digest)
  return [...others, { ...refuses, rejection }].slice(-MAX_REFUSALS)
}

/** Why this process does not serve the canary that the newest check read, if it was rejected. */
export function refusalOf<T>({ canary, refusals }: Pick<State<T>, 'canary' | 'refusals'>): CanaryRefusal | undefined {
  // one for which it is not chosen is not its concern, even if it was before
  if (!canary || (canary.digest !== undefined && !canary.chosen)) return undefined
  return refusalFor({ refusals }, canary.digest)
}

/** Whether an outcome rejects the same content again for the same reason. Then it counts as the same rejection. */
export function isRepeated<T>({ rejected }: State<T>, outcome: Outcome<T>): boolean {
  return (
    outcome.type === 'rejected' &&
    !outcome.refuses &&
    outcome.revisions.length > 0 &&
    rejected?.rejection.message === outcome.rejection.message &&
    isDeepStrictEqual(rejected.revisions, outcome.revisions)
  )
}

/** Why a canary with this digest was rejected, and so is not tried again. */
export function refusalFor<T>(
  { refusals }: Pick<State<T>, 'refusals'>,
  digest: string | undefined,
): CanaryRefusal | undefined {
  return refusals.find((refusal) => refusal.digest === digest)
}

/** Whether these layers are served as they are. @param canary the digest of the canary that is part of them */
export function isServed<T>(state: State<T>, layers: readonly Layer[], canary: string | undefined): boolean {
  // A test drives a configuration without sources by hand: checking it changes nothing.
  if (layers.length === 0) return true
  const { origin, rejected } = state
  if (rejected || !origin || origin.lastGood || origin.canary !== canary) return false
  return layers.every((layer, index) => layer === origin.layers[index])
}

/** The origin of what is served, with the stable layers of now. A canary may hide that they have changed. */
export function withStable(origin: Origin | undefined, stable: readonly Layer[] | undefined): Origin | undefined {
  return origin?.canary === undefined || origin.stable === stable ? origin : { ...origin, stable }
}
