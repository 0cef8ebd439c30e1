import { ConfigError, describeIssue } from '../errors/errors.js'
import type { LastGoodContent, StoredSource } from '../sources/last-good/last-good-content.js'
import type { ReadResult } from '../sources/source-reader.js'
import type { LastGood } from './last-good.js'

interface FailedStart {
  /** What was read. */
  readonly results: readonly ReadResult[]
  readonly error: unknown
  /** Takes something in its place. @throws when it can't be used either */
  readonly accept: (results: readonly ReadResult[], savedAt: string) => Promise<unknown>
  readonly signal: AbortSignal
}

/**
 * Starts from the last good configuration.
 *
 * @returns the error of the start, with what is wrong with the last good configuration if it can't be used either
 * @throws the reason of `signal`
 */
export async function startFromLastGood(lastGood: LastGood, start: FailedStart): Promise<unknown> {
  const { results, error, accept, signal } = start
  const stored = await lastGood.load()
  signal.throwIfAborted()
  if (!stored) return error
  const { variants, lacking } = lastGoodVariants(results, error, stored)
  let reason: unknown
  for (const variant of variants) {
    try {
      await accept(variant, stored.savedAt)
      return error
    } catch (failure) {
      signal.throwIfAborted()
      reason = failure
    }
  }
  if (!(error instanceof ConfigError)) return error
  if (lacking.length > 0)
    return withLastGoodError(error, stored, `it does not have all entries of ${lacking.join(', ')}`)
  if (!(reason instanceof ConfigError)) return error
  const [first] = reason.issues
  return withLastGoodError(error, stored, first ? describeIssue(first) : reason.message)
}

interface LastGoodVariants {
  readonly variants: readonly ReadResult[][]
  /** The sources that failed, and of which not all entries are stored. */
  readonly lacking: readonly string[]
}

/**
 * What to start from: the last good content in place of the sources that failed, and then in place of all. A schema does not
 * always know which source is wrong.
 */
function lastGoodVariants(
  results: readonly ReadResult[],
  error: unknown,
  { sources }: LastGoodContent,
): LastGoodVariants {
  const failed = new Set(error instanceof ConfigError ? error.issues.map(({ source }) => source) : [])
  const stored = results.map(({ name }, index) => storedFor(name, index, results, sources))
  const variant = (isReplaced: (result: ReadResult) => boolean): ReadResult[] =>
    results.map((result, index) => {
      const kept = stored[index]
      return kept && isReplaced(result) ? restored(result.name, kept) : result
    })
  const hasFailed = (result: ReadResult): boolean => 'error' in result || failed.has(result.name)
  const variants = [variant(hasFailed), variant(() => true)]
  return {
    variants: variants.filter((one) => one.some((result, index) => result !== results[index])),
    lacking: results
      .filter((result, index) => hasFailed(result) && !isOfProcess(result) && !stored[index])
      .map(({ name }) => name),
  }
}

/** The error of a start that the last good configuration could not help: says both. */
function withLastGoodError(error: ConfigError, { savedAt }: LastGoodContent, reason: string): ConfigError {
  const message = `nor can it start from the last good configuration, saved ${savedAt}: ${reason}`
  const code = error.issues[0]?.code ?? 'HOT_CONFIG_SCHEMA'
  return ConfigError.of([...error.issues, { code, message }], { total: error.total + 1, cause: error.cause })
}

/**
 * By name, and by place among those of the same name. A source that has another name now, such as one with a fallback, by
 * its place among all that are stored.
 */
function storedFor(
  name: string,
  index: number,
  results: readonly ReadResult[],
  sources: readonly StoredSource[],
): StoredSource | undefined {
  const nth = results.slice(0, index).filter((result) => result.name === name).length
  const named = sources.filter((source) => source.name === name)[nth]
  const kept = results.filter((result) => !isOfProcess(result))
  const inPlace = sources.length === kept.length ? sources[kept.indexOf(results[index] as ReadResult)] : undefined
  const isFree = inPlace && !results.some((result) => result.name === inPlace.name)
  const found = named ?? (isFree ? inPlace : undefined)
  return found?.isPartial ? undefined : found
}

/** The environment and what the program sets are there at every start, and so not stored. */
function isOfProcess(result: ReadResult): boolean {
  if ('error' in result) return false
  const { isEnvironment = false, isOfProgram = false } = result.reading
  return isEnvironment || isOfProgram
}

function restored(name: string, { entries }: StoredSource): ReadResult {
  return { name, reading: { revision: 'last-good', opaqueRevision: true, entries, mayBeEmpty: true, isLastGood: true } }
}
