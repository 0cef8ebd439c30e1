import { createHotConfig, values } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import { describe, expect, it } from 'vitest'

import { fileEntries } from '../support/driven-source.ts'
import { loadError } from '../support/load-error.ts'

/** What people write by mistake, and what the message tells them to do. */
const MISTAKES: readonly (readonly [text: string, advice: RegExp])[] = [
  ['log: { level: info\ndb: 1\n', /close the bracket/],
  ['list: [1, 2\n', /close the bracket/],
  ['list: [1 2\nother: 3', /close the bracket/],
  ['list: ["a" "b"]\n', /write a comma/],
  ['text: "not closed\ndb: 1\n', /the quote/],
  ["text: 'not closed\n", /the quote/],
  ['log:\n  level: info\n db: 1\n', /indent this line/],
  ['text: a: b\n', /quote a text that has ": "/],
  ['text: @here\n', /quote a text that .* begins with a sign such as @/],
  ['text: %here\n', /quote a text that .* begins with a sign/],
  ['text: *.example.com\n', /quote a text that begins with \*/],
  ['a: 1\nb\n', /write "name: value"/],
  ['a: 1\nb:2\n', /with a blank after the colon/],
  ['- a\nb: 1\n', /a list and names/],
]

describe('a mistake in YAML', () => {
  it.each(MISTAKES)('says what to do: %j', async (text, advice) => {
    const source: Source = {
      name: 'given',
      read: async () => ({ revision: '1', entries: fileEntries({ 'app.yaml': text }) }),
    }
    const { issues } = await loadError(createHotConfig({ sources: [source, values({})], logger: false }))
    expect(issues).toMatchObject([{ file: 'app.yaml', message: expect.stringMatching(advice) }])
    expect(issues[0]?.line).toBeGreaterThan(0)
    expect(issues[0]?.message).toMatch(/^is not YAML: /)
  })
})
