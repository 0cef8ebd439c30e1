import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const RANGE = '^20.19 || >=22.12'

const manifests = ['packages', 'examples']
  .flatMap((folder) => readdirSync(new URL(folder, root)).map((name) => `${folder}/${name}/package.json`))
  .filter((path) => existsSync(new URL(path, root)))

describe('the supported Node versions', () => {
  it.each(['package.json', ...manifests])('are in %s', (path) => {
    expect(JSON.parse(read(path))).toMatchObject({ engines: { node: RANGE } })
  })

  it.each(['README.md', 'CONTRIBUTING.md'])('are in %s', (page) => {
    expect(read(page)).toContain(`\`${RANGE}\``)
  })
})

describe('the Node that runs the tests', () => {
  const print = 'console.log(process.version)'

  it.each([
    ['the name', 'node', ['-e', print]],
    ['npx', 'npx', ['-c', `node -e "${print}"`]],
  ])('also runs what a test starts by %s', (_, command, args) => {
    const printed = execFileSync(command, args, { cwd: fileURLToPath(root), encoding: 'utf8' })
    expect(printed.trim()).toBe(process.version)
  })
})
