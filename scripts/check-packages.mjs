// Packs every public package and checks the result, as users would install it.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const out = mkdtempSync(join(tmpdir(), 'hot-config-pack-'))
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
let failed = 0

try {
  for (const name of readdirSync('packages')) {
    const dir = join('packages', name)
    let manifest
    try {
      manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
    } catch {
      continue
    }
    try {
      // pnpm replaces `workspace:` with real versions
      run('npx', ['-y', 'pnpm@12.21.0', 'pack', '--pack-destination', out], dir)
      const tarball = join(
        out,
        readdirSync(out).find((file) => file.startsWith(`hot-config-${name}-`)),
      )
      run('npx', ['publint', 'run', tarball, '--strict'], '.')
      run('npx', ['attw', tarball, '--profile', 'esm-only', '--format', 'ascii'], '.')
      const files = run('tar', ['-tzf', tarball], '.').split('\n')
      const conditions = Object.values(manifest.exports).flatMap((entry) =>
        typeof entry === 'string' ? [entry] : Object.values(entry),
      )
      const missing = ['./README.md', './LICENSE', ...conditions].filter(
        (path) => !files.includes(path.replace('./', 'package/')),
      )
      if (missing.length > 0) throw new Error(`not in the package: ${missing.join(', ')}`)
      console.log(`${manifest.name}: package, exports and types are correct`)
    } catch (error) {
      failed++
      console.error(`${manifest.name}: ${error.stdout ?? ''}${error.message}`)
    }
  }
} finally {
  rmSync(out, { recursive: true, force: true })
}
process.exitCode = failed === 0 ? 0 : 1
