import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { parse } from 'acorn'
import { analyse } from 'scslre'
import { describe, expect, it } from 'vitest'

import { root } from '../support/pages.ts'

/** What is applied to short texts only. */
const SHORT = new Set([String(/^[ \t\r\n]+|[ \t\r\n]+$/g), String(/,(?![^(]*\))/)])

/** Regular expressions in the built packages. */
function expressionsOf(name: string): Map<string, RegExp> {
  const folder = join(root, 'packages', name, 'dist')
  const found = new Map<string, RegExp>()
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if (node instanceof RegExp) found.set(String(node), node)
    else Object.values(node).forEach(visit)
  }
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.js'))) {
    visit(parse(readFileSync(join(folder, file), 'utf8'), { ecmaVersion: 'latest', sourceType: 'module' }))
  }
  return found
}

const packages = readdirSync(join(root, 'packages'), { withFileTypes: true }).filter((entry) => entry.isDirectory())

describe('a regular expression needs no more than linear time, so that no text of 64 KiB stalls the process', () => {
  it.each(packages.map(({ name }) => name))('in %s', (name) => {
    const slow = Array.from(expressionsOf(name)).flatMap(([text, expression]) => {
      const { reports } = analyse(expression, { assumeRejectingSuffix: false })
      return reports.length > 0 && !SHORT.has(text) ? [text] : []
    })
    expect(slow).toEqual([])
  })
})
