import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { expect, it } from 'vitest'

const demo = fileURLToPath(new URL('../../examples/fastify/demo/rollout.mjs', import.meta.url))

it('the demo of a rollout takes back, promotes and starts from the last good, and ends by itself', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [demo], { timeout: 170_000 })
  expect(stdout).toContain('All checks passed.')
  expect(stdout).not.toContain('✗')
}, 180_000)
