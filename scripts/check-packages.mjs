// Packs every public package and checks the result, as users would install it.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What `npm install` of a package may install. */
const MOST = {
  '@hot-config/core': { bytes: 3_500_000, packages: 8 },
  'hot-config': { bytes: 8_000_000, packages: 20 },
}

const out = mkdtempSync(join(tmpdir(), 'hot-config-pack-'))
const run = (command, args, cwd = '.') =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))
const { url } = readJson('package.json').repository
let failed = 0

function check(what, test) {
  try {
    console.log(`${what}: ${test()}`)
  } catch (error) {
    failed++
    console.error(`${what}: ${error.stdout ?? ''}${error.message}`)
  }
}

function checkPackage(tarball) {
  run('npx', ['publint', 'run', tarball, '--strict'])
  const files = run('tar', ['-tzf', tarball]).split('\n')
  const textOf = (file) => run('tar', ['-xzOf', tarball, `package/${file}`])
  const manifest = JSON.parse(textOf('package.json'))
  // a program that nothing imports has no types
  if (manifest.types) run('npx', ['attw', tarball, '--format', 'ascii'])
  const paths = JSON.stringify([manifest.exports, manifest.main, manifest.types, manifest.typesVersions, manifest.bin])
  const missing = [
    './README.md',
    './LICENSE',
    ...Array.from(paths.matchAll(/"(\.\/[^"]*\.\w+)"/g), ([, path]) => path),
  ].filter((path) => !files.includes(path.replace('./', 'package/')))
  if (missing.length > 0) throw new Error(`not in the package: ${missing.join(', ')}`)
  if (manifest.repository.url !== url) throw new Error(`repository.url is not that of the workspace, ${url}`)
  const links = Array.from(textOf('README.md').matchAll(/\]\((?!#|https:)([^)]*)/g), ([, link]) => link)
  if (links.length > 0) throw new Error(`the README has links that are dead on npm: ${links.join(', ')}`)
  return 'package, exports, types and links are correct'
}

/** @param tarballs the package, and those of our packages that it needs */
function checkInstall(name, tarballs) {
  const project = mkdtempSync(join(out, 'project-'))
  run('npm', ['install', '--prefix', project, '--prefer-offline', '--no-audit', '--no-fund', ...tarballs])
  const installed = readdirSync(join(project, 'node_modules'), { recursive: true })
  const packages = Object.keys(readJson(join(project, 'node_modules/.package-lock.json')).packages).length
  const bytes = installed
    .map((file) => statSync(join(project, 'node_modules', file)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0)
  const result = `${packages} packages, ${(bytes / 1e6).toFixed(2)} MB`
  if (bytes > MOST[name].bytes || packages > MOST[name].packages) throw new Error(`${result} is too much`)
  return result
}

try {
  run(process.execPath, ['scripts/pack.mjs', out])
  const tarballs = readdirSync(out)
  for (const tarball of tarballs) check(tarball, () => checkPackage(join(out, tarball)))
  const tarball = (start) =>
    join(
      out,
      tarballs.find((file) => start.test(file)),
    )
  const core = tarball(/^hot-config-core-/)
  check('npm install @hot-config/core', () => checkInstall('@hot-config/core', [core]))
  const cli = [tarball(/^hot-config-\d/), core, tarball(/^hot-config-testing-/)]
  check('npm install hot-config', () => checkInstall('hot-config', cli))
} finally {
  rmSync(out, { recursive: true, force: true })
}
process.exitCode = failed === 0 ? 0 : 1
