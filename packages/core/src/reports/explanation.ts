import { createAbort } from '../async/abort.js'
import { giversOf, partsOf, placesOf } from '../layers/givers.js'
import type { Giver } from '../layers/givers.js'
import type { Redactor } from '../secrets/redactor.js'
import { formatPath, parsePath, parseSegments } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import type { Origin, State } from '../updates/state.js'

/** A value that a source gives, and where. A secret is `[redacted]`. */
export interface GivenValue {
  /** As the source has it: the schema may make something else of it. */
  readonly value: unknown
  /** The name of the source, such as `volume:/etc/config`. */
  readonly source: string
  /** The key or file within the source, or the name of the variable. */
  readonly file?: string
  /** Counted from 1. */
  readonly line?: number
  /** Counted from 1. */
  readonly column?: number
}

/** Where the value at a path comes from. */
export interface Explanation extends Partial<Omit<GivenValue, 'value'>> {
  /** The path that was asked for. It ends with the first part of it that is secret. */
  readonly path: string
  /** The value that is served. A secret is `[redacted]`. */
  readonly value: unknown
  /** What is not served, because `source` overrides it; what came last is first. */
  readonly overrides: readonly GivenValue[]
  /** Whether no source gives it: it is a default of the schema, or something that the schema makes of other values. */
  readonly isDefault: boolean
  /** Whether it comes from an environment variable or an argument, so that no update of a source can change it. */
  readonly pinnedByEnvironment: boolean
  /** Whether the sources give another value, which is held back until a restart. */
  readonly pendingRestart: boolean
  /** Whether it comes from the content of a canary. `overrides` has what the stable content beside it gives. */
  readonly canary: boolean
  /** Whether an earlier process saved it with `lastGood`, since the source has nothing valid. The place is one in that. */
  readonly lastGood: boolean
  /** The value that is held back. There is no `source` then: the value that is served comes from an earlier update. */
  readonly waiting?: GivenValue
  /** The path that was probably meant, for one that neither the schema nor the configuration has. */
  readonly didYouMean?: string
}

/**
 * Explains where the values at some paths come from. All of them are explained by the same snapshot.
 *
 * @throws when a file that was parsed before can't be parsed again to find positions in it
 */
export async function explain<T>(
  { snapshot, origin }: Pick<State<T>, 'snapshot' | 'origin'>,
  paths: readonly string[],
  redactor: Redactor,
): Promise<Explanation[]> {
  const parts = partsOf(origin?.layers ?? [])
  const stable = partsOf(origin?.stable ?? [])
  const facts = paths.map((text) => {
    const path = redactor.cut(parseSegments(text), origin?.tree)
    const isHeld = isIn(origin?.pendingRestart, path)
    const overrider = isHeld ? undefined : overriderOf(path, origin)
    const [giver, ...replaced] = giversOf(parts, path)
    const canary = !isHeld && giver?.part.entry.source !== undefined
    // A key of a canary takes the place of the stable one, which is in the stable layers only.
    const givers = giver ? [giver, ...(canary && origin?.stable ? giversOf(stable, path) : replaced)] : []
    return { path, givers, overrider, isHeld, canary }
  })
  const asked = facts.flatMap(({ path, givers }) => givers.map((giver) => ({ giver, path })))
  const places = await placesOf(asked, createAbort().signal)

  let next = 0
  return facts.map(({ path, givers, overrider, isHeld, canary }): Explanation => {
    const given = givers.map(({ source, part }): GivenValue => {
      const value = redactor.value(part.tree, path, part.entry.secret)
      return { value, source, ...places[next++] }
    })
    const [winner, ...replaced] = overrider === undefined ? given : [{ source: overrider }, ...given]
    const { value: _asGiven, ...place } = { value: undefined, ...winner }
    const value = redactor.value(snapshot?.value, path)
    return {
      path: formatPath(path),
      value,
      ...(!isHeld && place),
      overrides: isHeld ? [] : (replaced as GivenValue[]),
      isDefault: origin !== undefined && !isHeld && !winner && value !== undefined,
      pinnedByEnvironment:
        !isHeld &&
        (overrider !== undefined || isIn(origin?.pinnedByEnvironment, path) || isOfEnvironment(givers[0], origin)),
      pendingRestart: isHeld,
      canary,
      lastGood: !isHeld && overrider === undefined && origin?.lastGood !== undefined && givers[0]?.isLastGood === true,
      ...(isHeld && given[0] && { waiting: given[0] }),
    }
  })
}

/** The variable or argument that a convict schema prefers to all sources. */
function overriderOf(path: readonly PathSegment[], origin: Origin | undefined): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const source = origin?.overriders.get(path.slice(0, length).join('.'))
    if (source !== undefined) return source
  }
  return undefined
}

/** Whether the environment gives it, and no later source may give another value. */
function isOfEnvironment(giver: Giver | undefined, origin: Origin | undefined): boolean {
  return Boolean(giver?.isEnvironment) && origin?.layers.at(-1)?.isEnvironment === true
}

function isIn(covered: readonly string[] = [], path: readonly PathSegment[]): boolean {
  return covered.some((text) => parsePath(text).every((segment, index) => segment === path[index]?.toString()))
}
