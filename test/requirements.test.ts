import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { REQUIREMENTS } from './requirements.ts'
import type { RequirementId } from './requirements.ts'
import { root } from './support/pages.ts'

// The table in the README shows the requirements. When it differs, this writes it:
//   UPDATE_DOCS=1 npx vitest run test/requirements.test.ts && npx oxfmt README.md
const README = join(root, 'README.md')
const isUpdate = process.env['UPDATE_DOCS'] === '1'

const ids = Object.keys(REQUIREMENTS) as RequirementId[]

/** The files that prove each requirement, by their paths from the root. */
const proofs = new Map<RequirementId, string[]>(ids.map((id) => [id, []]))
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'test/*.ts'], {
  cwd: root,
})
for (const file of new Set(files.toString().split('\n').filter(Boolean).toSorted())) {
  const text = readFileSync(join(root, file), 'utf8')
  const named = Array.from(
    text.matchAll(/\bproves(?:\(|: \[)([^)\]]*)[)\]]/g),
    ([, list = '']) => list.match(/'[a-z-]+'/g) ?? [],
  )
  for (const id of new Set(named.flat().map((quoted) => quoted.slice(1, -1) as RequirementId)))
    proofs.get(id)?.push(file)
}

const nameOf = (file: string): string => file.replace(/^.*\//, '').replace(/(\.property)?(\.test)?\.ts$/, '')

/** The table without the padding of the cells, which the formatter adds. */
function table(): string[] {
  const rows = ids.map((id) => {
    const { name, means } = REQUIREMENTS[id]
    // The page on proof lists the searches.
    const tests = proofs.get(id)!.filter((file) => !file.startsWith('test/proof/'))
    const links = tests.map((file) => `[${nameOf(file)}](${file})`)
    return `| ${name} | ${means} | ${links.join(', ')} |`
  })
  return ['| guarantee | what it means | proof |', '| --- | --- | --- |', ...rows]
}

const withoutPadding = (line: string): string => line.replace(/ +/g, ' ').replace(/-{3,}/g, '---')

describe('a requirement', () => {
  it.each(ids)('is proven by a test: %s', (id) => {
    expect(proofs.get(id)).not.toEqual([])
  })

  it('is in the table of the README, with its tests', () => {
    const lines = readFileSync(README, 'utf8').split('\n')
    const first = lines.findIndex((line) => line.startsWith('| guarantee'))
    const length = lines.slice(first).findIndex((line) => !line.startsWith('|'))
    if (isUpdate) writeFileSync(README, lines.toSpliced(first, length, ...table()).join('\n'))
    else expect(lines.slice(first, first + length).map(withoutPadding)).toEqual(table())
  })
})
