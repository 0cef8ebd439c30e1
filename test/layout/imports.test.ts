import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

const packages = fileURLToPath(new URL('../../packages/', import.meta.url))

/** The order of core's folders, `.` for the files at its root. */
const ORDER =
  'errors async trees secrets sources formats layers schemas snapshots updates reports . adapters index'.split(' ')

/** The doors of core, which export from everywhere. */
const DOORS = new Set(['index.ts', 'internal.ts'])

const IMPORT = /(?:from |import\()'(\.[^']+)\.js'/g

/** The files of a package, each with the files that it imports, types included. */
function importsOf(src: string): Map<string, string[]> {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const imported = (file: string): string[] =>
    Array.from(readFileSync(join(src, file), 'utf8').matchAll(IMPORT), ([, path]) => join(dirname(file), `${path}.ts`))
  return new Map(files.map((file) => [file, imported(file)]))
}

function rankOf(file: string): number {
  return ORDER.indexOf(DOORS.has(file) ? 'index' : (file.match(/^[^/]+(?=\/)/)?.[0] ?? '.'))
}

/** A way from a file back to itself. */
function circleIn(imports: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>()
  const visit = (file: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const next of imports.get(file) ?? []) {
      const circle = visit(next, [...way, file])
      if (circle) return circle
    }
    done.add(file)
    return undefined
  }
  for (const file of imports.keys()) {
    const circle = visit(file, [])
    if (circle) return circle
  }
  return undefined
}

const names = readdirSync(packages, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
)

describe('the imports', () => {
  it('of core lead only to the same folder and to folders before it', () => {
    const imports = importsOf(join(packages, 'core/src'))
    const upward = Array.from(imports).flatMap(([file, targets]) =>
      targets.filter((target) => rankOf(target) > rankOf(file)).map((target) => `${file} -> ${target}`),
    )
    expect(upward).toEqual([])
    expect(Array.from(imports.keys()).filter((file) => rankOf(file) < 0)).toEqual([])
  })

  it.each(names)('of %s lead to files that exist, and never in a circle', (name) => {
    const imports = importsOf(join(packages, name, 'src'))
    expect(imports.size).toBeGreaterThan(0)
    expect(
      Array.from(imports.values())
        .flat()
        .filter((target) => !imports.has(target)),
    ).toEqual([])
    expect(circleIn(imports)).toBeUndefined()
  })

  it('of core are in the order of its README, which has at most 15 lines', () => {
    const readme = readFileSync(join(packages, 'core/src/README.md'), 'utf8')
    const listed = readme.match(/`errors [^`]+`/)?.[0].replaceAll('`', '')
    expect(listed?.split(' ')).toEqual(ORDER.filter((name) => name !== 'index'))
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(15)
  })

  it('has at most seven files at the root of core', () => {
    const root = Array.from(importsOf(join(packages, 'core/src')).keys()).filter((file) => !file.includes('/'))
    expect(root.length).toBeLessThanOrEqual(7)
  })
})
