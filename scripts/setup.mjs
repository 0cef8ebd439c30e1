// Installs the workspace with the pinned pnpm, so that `npm test` and `npm run demo` work in a new clone.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'

const lockfile = createHash('sha256').update(readFileSync('pnpm-lock.yaml')).update(process.version).digest('hex')
const stamp = 'node_modules/.hot-config-setup'
try {
  if (readFileSync(stamp, 'utf8') === lockfile) process.exit(0)
} catch {
  // not installed yet
}
const { status } = spawnSync('npx', ['-y', 'pnpm@12.21.0', 'install', '--frozen-lockfile', '--prefer-offline'], {
  stdio: 'inherit',
  env: { ...process.env, CI: 'true' },
})
if (status === 0) writeFileSync(stamp, lockfile)
process.exit(status ?? 1)
