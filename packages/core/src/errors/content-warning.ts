import { describeIssue } from './errors.js'
import type { Issue } from './errors.js'

/**
 * A probable mistake in the content of a source, such as a name that the schema does not know. The content is served
 * nevertheless. Never contains a configuration value.
 */
export type ContentWarning = Omit<Issue, 'code'>

/** The maximum number of warnings of a kind that are written out. */
const MAX_TEXTS = 20

/** Returns the warnings as texts. They omit the given source, which readers already know. A long list is cut. */
export function describeWarnings(warnings: readonly ContentWarning[], source?: string): string[] {
  const texts = warnings.slice(0, MAX_TEXTS).map((warning) => {
    const { source: own, ...rest } = warning
    return describeIssue(own === source ? rest : warning)
  })
  const more = warnings.length - texts.length
  return more > 0 ? [...texts, `and ${more} more`] : texts
}
