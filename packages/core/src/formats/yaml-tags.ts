import { EVENT_ID } from 'js-yaml'
import type { Event, ScalarEvent } from 'js-yaml'

const YAML = 'tag:yaml.org,2002:'
const NUMBERS: ReadonlySet<string> = new Set([`${YAML}int`, `${YAML}float`])

/** Whether a tag makes a scalar a number. */
export function isNumberTag(tag: string): boolean {
  return NUMBERS.has(tag)
}

/** Whether a tag makes a scalar a merge key. */
export function isMergeTag(tag: string): boolean {
  return tag === `${YAML}merge`
}

/**
 * Returns the full tag of a scalar with a tag, such as `tag:yaml.org,2002:int` for `!!int`. A `%TAG` directive may give
 * a tag any other name.
 *
 * @param document the event that starts the document
 */
export function tagOf(text: string, { tagStart, tagEnd }: ScalarEvent, document: Event | undefined): string {
  const written = text.slice(tagStart, tagEnd)
  if (written.startsWith('!<')) return decode(written.slice(2, -1))
  const [handle = ''] = /^!(?:[^!]*!)?/.exec(written) ?? []
  const directives = document?.type === EVENT_ID.DOCUMENT ? document.directives : []
  const directive = directives.findLast((each) => each.kind === 'tag' && each.handle === handle)
  const prefix = directive?.kind === 'tag' ? directive.prefix : handle === '!!' ? YAML : handle
  return decode(prefix + written.slice(handle.length))
}

/** Decodes characters such as `%69`. The tags of YAML itself are ASCII, so others need not be decoded. */
function decode(tag: string): string {
  return tag.replace(/%([\da-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}
