import { describe, expect, it } from 'vitest'

import { readText } from '../support/read-text.ts'

describe('a YAML text', () => {
  it.each([
    'a: 1\n---\n',
    'a: 1\n---',
    'a: 1\n--- # nothing\n',
    'a: 1\n---\n# nothing\n---\n',
    '---\na: 1\n',
    '---\n# nothing\n---\na: 1\n',
    'a: 1\n...\n',
    '---\na: 1\n...\n---\n...\n',
    '%YAML 1.2\n---\na: 1\n',
    '--- {a: 1}\n',
  ])('with one document that holds something is that document: %j', async (text) => {
    expect(await readText('a.yaml', text)).toEqual({ value: { a: 1 } })
  })

  it.each(['', '---\n', '---\n---\n', '...\n', '# nothing\n', '---\n...\n', 'null\n', '--- ~\n'])(
    'without one is empty: %j',
    async (text) => {
      expect(await readText('a.yaml', text)).toEqual({ value: {} })
    },
  )

  it.each([
    ['a: 1\n---\nb: 2\n', 2],
    ['a: 1\n---\n---\nb: 2\n', 3],
    ['---\na: 1\n---\n# x\n\nb: 2\n---\nc: 3\n', 3],
    ['a: 1\n...\n---\n- b\n', 3],
    ['a: 1\n--- text\n', 2],
    ['a: 1\n---\nnull\n', 2],
    ['a: |\n  x\n---\nb: 1\n', 3],
  ])('with several is rejected with the line where the second begins: %j', async (text, line) => {
    expect(await readText('a.yaml', text)).toMatchObject({
      issue: { file: 'a.yaml', line, message: 'holds several documents: expected a single document' },
    })
  })

  it('is read with its positions behind an empty document', async () => {
    const { issue } = await readText('a.yaml', '---\n---\na: 1\nb: 1e400\n---\n')
    expect(issue).toMatchObject({ line: 4, path: 'b' })
  })
})
