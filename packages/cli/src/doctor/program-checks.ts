import { readFile, readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'

import { ok, problem, warning } from './diagnosis.js'
import type { Diagnosis } from './diagnosis.js'

/** Checks the version of Node. */
export function nodeCheck(): Diagnosis {
  const version = process.versions.node
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isSupported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22
  if (!isSupported) return problem('node', `Node ${version} is not supported`, 'use Node 20.19, 22.12 or later')
  if (major > 20) return ok('node', `Node ${version}`)
  return warning('node', `Node ${version} works, and is out of maintenance since April 2026`, 'use Node 22 or later')
}

/** How many folders `node_modules` may be inside each other. */
const MAX_DEPTH = 6

/** Finds the copies of core that a program may load. Two copies have each their own settings and request context. */
export async function copiesCheck(folder: string): Promise<Diagnosis[]> {
  const copies = new Map<string, string>()
  const visit = async (modules: string, depth: number): Promise<void> => {
    const names = await readdir(modules).catch(() => [])
    const core = join(modules, '@hot-config/core')
    const text = await readFile(join(core, 'package.json'), 'utf8').catch(() => undefined)
    if (text !== undefined) copies.set(await realpath(core), (JSON.parse(text) as { version: string }).version)
    if (depth >= MAX_DEPTH) return
    for (const name of names) {
      if (name.startsWith('@')) {
        const scoped = await readdir(join(modules, name)).catch(() => [])
        for (const each of scoped) await visit(join(modules, name, each, 'node_modules'), depth + 1)
      } else if (name === '.pnpm') {
        for (const each of await readdir(join(modules, name)))
          await visit(join(modules, name, each, 'node_modules'), depth + 1)
      } else await visit(join(modules, name, 'node_modules'), depth + 1)
    }
  }
  await visit(join(folder, 'node_modules'), 0)
  const [[path, version] = [], second] = Array.from(copies)
  if (path === undefined) return []
  if (!second) return [ok('core', `there is one @hot-config/core: ${version}`)]
  const list = Array.from(copies, ([place, each]) => `${each} in ${place}`).join(', ')
  return [
    warning('core', `there are ${copies.size} copies of @hot-config/core: ${list}`, 'run npm dedupe, or pnpm dedupe'),
  ]
}
