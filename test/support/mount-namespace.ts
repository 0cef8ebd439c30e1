import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { HealthReport } from '@hot-config/core'

/** Whether this process may make mounts that nobody else sees. */
export const hasMountNamespaces: boolean =
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0

/** What the code may use, besides Node's and this project's modules. */
const PRELUDE = `
import { execFileSync } from 'node:child_process'
import { mkdir, realpath, symlink, unlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { createHotConfig } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'

const at = (path) => process.argv[2] + path
const reports = []
const log = []
const volume = await createConfigMapVolume(at('/volume'))
const folder = (path) => mkdir(at(path), { recursive: true })
const touch = async (path, text = '') => {
  await mkdir(dirname(at(path)), { recursive: true })
  await writeFile(at(path), text)
}
const link = (to, path) => symlink(at(to), at(path))
const bind = (from, to, ...options) => {
  const source = from.startsWith(process.argv[2]) ? from : at(from)
  execFileSync('mount', ['--bind', source, at(to)])
  if (options.length > 0) execFileSync('mount', ['-o', ['remount', 'bind', ...options].join(','), at(to)])
}
const open = (sources) => createHotConfig({
  sources,
  logger: { info() {}, warn: (_, message) => log.push(message), error: (_, message) => log.push(message) },
})
const report = (config) => reports.push(config.health())
const until = async (condition) => {
  for (let left = 1000; !condition(); left--) {
    if (left === 0) throw new Error('never came: ' + condition)
    await setTimeout(10)
  }
}
`

/**
 * Runs code in a process with mounts of its own, against the built packages, and gives the health reports that it took
 * and what was logged. Paths in the code are below a temporary folder, which is removed with all mounts.
 */
export async function inMountNamespace(code: string): Promise<{ reports: HealthReport[]; log: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'mounts-'))
  const name = `../.example-mounts-${process.pid}-${Math.random().toString(36).slice(2)}.mjs`
  const script = fileURLToPath(new URL(name, import.meta.url))
  await writeFile(script, `${PRELUDE}\n${code}\nconsole.log(JSON.stringify({ reports, log }))`)
  try {
    const args = ['-m', '--propagation', 'private', process.execPath, script, folder]
    const { stdout } = await promisify(execFile)('unshare', args, { timeout: 20_000 })
    return JSON.parse(stdout) as { reports: HealthReport[]; log: string[] }
  } finally {
    await rm(script, { force: true })
    await rm(folder, { recursive: true, force: true })
  }
}
