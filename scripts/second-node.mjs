// Finds the second Node that the tests and the bench run on: npm's `node` package, an optional dependency of test/bench.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const bench = new URL('../test/bench/package.json', import.meta.url)
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))

/** Its major version. */
export const SECOND_MAJOR = /\d+/.exec(readJson(bench).optionalDependencies.node)[0]

/** @returns its version and path, or `undefined` where there is no binary for this machine */
export function findSecondNode() {
  let manifest
  try {
    manifest = createRequire(bench).resolve('node/package.json')
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
  const { bin, version } = readJson(manifest)
  const path = join(dirname(manifest), bin.node)
  return existsSync(path) ? { version: `v${version}`, path } : undefined
}
