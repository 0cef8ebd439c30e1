import { readFileSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

const packages = fileURLToPath(new URL('../../packages/', import.meta.url))

interface SourceFile {
  readonly path: string
  readonly text: string
}

const files = readdirSync(packages, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => sourcesIn(join(packages, name, 'src')))

function sourcesIn(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file))
    .map((path) => ({ path: relative(packages, path), text: readFileSync(path, 'utf8') }))
}

function linesOf({ text }: SourceFile): number {
  return text.trimEnd().split('\n').length
}

/** A class, up to the closing brace with the same indentation: the formatter keeps all files in this form. */
const CLASS = /^( *)(?:export )?(?:abstract )?class (\w+)[^]*?^\1\}$/gm

/** The fields of a class that are not readonly. Methods and accessors have parentheses. */
function mutableFields(body: string, indent: string): string[] {
  const field = new RegExp(`^${indent}  (?!readonly |static |get |set |async )(#?\\w+)(?:[!?]?: .+|!?| = .+)$`, 'gm')
  return Array.from(body.matchAll(field), ([, name = '']) => name)
}

describe('the size', () => {
  it('of each file of core is at most 300 lines', () => {
    const core = files.filter(({ path }) => path.startsWith('core/'))
    expect(core.length).toBeGreaterThan(100)
    expect(core.filter((file) => linesOf(file) > 300).map(({ path }) => path)).toEqual([])
  })

  it('of the class that composes a configuration is at most 200 lines', () => {
    const instance = files.find(({ path }) => path === 'core/src/hot-config-instance.ts')
    expect(instance && linesOf(instance)).toBeLessThanOrEqual(200)
  })

  it('of each class is at most six fields that change', () => {
    const classes = files.flatMap(({ path, text }) =>
      Array.from(text.matchAll(CLASS), ([body, indent = '', name]) => ({
        name: `${path} ${name}`,
        fields: mutableFields(body, indent),
      })),
    )
    expect(classes.find(({ name }) => name === 'core/src/hot-config-instance.ts HotConfigInstance')?.fields).toEqual([
      '#finder',
      '#closed',
    ])
    expect(classes.filter(({ fields }) => fields.length > 6)).toEqual([])
  })
})
