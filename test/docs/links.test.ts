import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { pages, root } from '../support/pages.ts'

/** As GitHub makes them of headings. */
function anchors(page: string): string[] {
  return Array.from(readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

describe.each(pages)('%s', (page) => {
  it('links to what exists', () => {
    const text = readFileSync(join(root, page), 'utf8')
    const broken = Array.from(text.matchAll(/\]\((?!https?:)([^)#]*)#?([^)]*)\)/g), ([, path = '', anchor = '']) => {
      const target = path === '' ? join(root, page) : join(root, dirname(page), path)
      if (!existsSync(target)) return path
      const linked = target.endsWith('.md') ? target : join(target, 'README.md')
      return anchor !== '' && !anchors(linked).includes(anchor) ? `${path}#${anchor}` : undefined
    }).filter((link) => link !== undefined)
    expect(broken).toEqual([])
  })
})
