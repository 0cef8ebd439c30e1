import { describeIssue } from './errors.js'
import type { Issue } from './errors.js'

/**
 * Something in the content of a source that is probably a mistake and that does not stop it from being served, such as a
 * name that the schema does not know. Never holds a configuration value.
 */
export type ContentWarning = Omit<Issue, 'code'>

/** How many warnings of a kind are written out. */
const MAX_TEXTS = 20

/** The warnings as texts, without the source where that is known from around them. A long list is cut. */
export function describeWarnings(warnings: readonly ContentWarning[], source?: string): string[] {
  const texts = warnings.slice(0, MAX_TEXTS).map((warning) => {
    const { source: own, ...rest } = warning
    return describeIssue(own === source ? rest : warning)
  })
  const more = warnings.length - texts.length
  return more > 0 ? [...texts, `and ${more} more`] : texts
}
