import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { pages, root } from '../support/pages.ts'

/** Words that readers with another first language look up, and words for which the project has another term. */
const AVOIDED = /\b(refus(?:e|es|ed|al|ing)|mend(?:s|ed)?|lest|reckons?|under way|anew)\b/gi

/** The lines of a page that are prose, with their numbers: no code, and no tables, which can't be wrapped. */
function proseOf(page: string): { place: string; line: string }[] {
  let isCode = false
  return readFileSync(`${root}/${page}`, 'utf8')
    .split('\n')
    .map((line, index) => ({ place: `${page}:${index + 1}`, line }))
    .filter(({ line }) => {
      const isFence = line.trimStart().startsWith('```')
      if (isFence) isCode = !isCode
      return !isFence && !isCode && !line.startsWith('|')
    })
}

describe.each(pages)('%s', (page) => {
  it('has lines of fewer than 120 characters', () => {
    expect(proseOf(page).filter(({ line }) => line.length >= 120)).toEqual([])
  })

  it('uses the words of the project', () => {
    const quoted = /`[^`]*`|"[^"]*"/g
    const found = proseOf(page).flatMap(({ place, line }) =>
      Array.from(line.replaceAll(quoted, '').matchAll(AVOIDED), ([word]) => `${place} ${word}`),
    )
    expect(found).toEqual([])
  })
})
