import { existsSync, readFileSync, readdirSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const SRC = 'packages/core/src'
const page = read('docs/internals.md')

/** The cells in code of the rows that begin like this. */
const rows = (start: RegExp): string[][] =>
  page
    .split('\n')
    .filter((line) => start.test(line))
    .map((line) => Array.from(line.matchAll(/`([^`]+)`/g), ([, code = '']) => code))

describe('the page on internals', () => {
  it('describes the way of an edit in at most 14 hops, each at a function that exists', () => {
    const hops = rows(/^\| \d+ +\| /)
    expect(hops.length).toBeGreaterThan(0)
    expect(hops.length).toBeLessThanOrEqual(14)
    const missing = hops.filter(([file = '', name = '']) => {
      const path = `${SRC}/${file}`
      if (!existsSync(new URL(`../../${path}`, import.meta.url))) return true
      // a function with type parameters has them before its parenthesis
      return !['(', '<'].some((next) => read(path).includes(`${name.slice(0, -'()'.length)}${next}`))
    })
    expect(missing).toEqual([])
  })

  it('shows every folder of core', () => {
    const shown = rows(/^\| `\w+\/` /).map(([folder = '']) => folder.replace('/', ''))
    const folders = readdirSync(new URL(`../../${SRC}`, import.meta.url), { withFileTypes: true })
    expect(shown.toSorted()).toEqual(
      folders
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .toSorted(),
    )
  })

  it('names the fields of the state', () => {
    const [, fields = ''] = /export interface State<T> \{(.*?)\n\}/s.exec(read(`${SRC}/updates/state.ts`)) ?? []
    const names = Array.from(fields.matchAll(/^ {2}readonly (\w+)/gm), ([, name]) => name)
    const [, shown = ''] = /interface State<T> \{(.*?)\n\}/s.exec(page) ?? []
    expect(Array.from(shown.matchAll(/^ {2}(\w+):/gm), ([, name]) => name)).toEqual(names)
  })
})
