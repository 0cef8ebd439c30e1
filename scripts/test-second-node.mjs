// node scripts/test-second-node.mjs [ARGUMENTS OF VITEST]: runs all tests on npm's `node` package.
import { spawnSync } from 'node:child_process'
import { delimiter, dirname } from 'node:path'

import { SECOND_MAJOR, findSecondNode } from './second-node.mjs'

const node = findSecondNode()
if (!node) {
  console.error(`npm's node package has no binary here: the tests can't run on Node ${SECOND_MAJOR}`)
  process.exit(1)
}
console.log(`the tests run on Node ${node.version}: ${node.path}`)
// first in PATH: whatever a test starts by name, `npx` as well, runs on this Node too
const env = { ...process.env, PATH: [dirname(node.path), process.env.PATH].join(delimiter) }
const { status, error } = spawnSync(node.path, ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env,
})
if (error) throw error
process.exit(status ?? 1)
