import { ConfigError, messageOf } from '../errors/errors.js'
import type { Redactor } from '../secrets/redactor.js'
import type { ReadResult } from '../sources/source-reader.js'
import type { CanaryReading } from '../sources/source.js'
import type { Canary } from './state.js'

export function isReading(result: ReadResult): boolean {
  return 'reading' in result
}

/** The canary in what was read. Of several, the first that this process was chosen for. */
export function canaryIn(results: readonly ReadResult[]): CanaryReading | undefined {
  const found = results.flatMap((result) => ('reading' in result && result.reading.canary) || [])
  return found.find(({ chosen }) => chosen) ?? found[0]
}

/** What is reported of a canary. */
export function describeCanary({ source, share, chosen, digest, problem, entries }: CanaryReading): Canary {
  return { source, share, chosen, digest, problem, isSecret: entries.some(({ secret }) => secret) }
}

/** What was read, with the entries of the canaries that this process was chosen for. */
export function withCanaries(results: readonly ReadResult[]): ReadResult[] {
  return results.map((result) => {
    if (!('reading' in result) || !result.reading.canary?.chosen) return result
    const { entries } = result.reading.canary
    return { ...result, reading: { ...result.reading, entries } }
  })
}

/** Why a canary is rejected: what can't be read, or problems, of which those without a source get that of the canary. */
export function canaryError(
  { source, digest }: Pick<CanaryReading, 'source' | 'digest'>,
  error: unknown,
  redactor: Redactor,
): unknown {
  if (digest === undefined) {
    const message = `can't be read: ${redactor.scrub(messageOf(error))}`
    return ConfigError.of([{ code: 'HOT_CONFIG_SOURCE', source, message }])
  }
  if (!(error instanceof ConfigError)) return error
  const issues = error.issues.map((issue) => ({ ...issue, source: issue.source ?? source }))
  return ConfigError.of(issues, { total: error.total, cause: error.cause })
}
