import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { lstat, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { compare, count } from './measure.ts'
import type { Row } from './measure.ts'
import { rounds } from './rounds.ts'

const ROUNDS = rounds(30, 10)
const WARM_UP = 3
const OURS = '@hot-config/core'
const THEIRS = '@nestjs/config'

const run = promisify(execFile)

export default async function install(): Promise<Row[]> {
  return [...(await measureImports()), ...(await measureInstall())]
}

interface Sample {
  /** What `import()` took. */
  readonly imported: number
  /** What the process took from its start to its end. */
  readonly whole: number
}

async function measureImports(): Promise<Row[]> {
  const ours: Sample[] = []
  const theirs: Sample[] = []
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [specifier, samples] of [
      [OURS, ours],
      [THEIRS, theirs],
    ] as const) {
      const sample = await importOnce(specifier)
      // the first ones read from the disk
      if (round >= 0) samples.push(sample)
    }
  }
  const imported = ({ imported }: Sample): number => imported
  const whole = ({ whole }: Sample): number => whole
  return [
    compare(`import of ${OURS}`, ours.map(imported), THEIRS, theirs.map(imported), 'ms', { atMost: 0.25 }),
    compare(`process that imports ${OURS} and ends`, ours.map(whole), THEIRS, theirs.map(whole), 'ms'),
  ]
}

async function importOnce(specifier: string): Promise<Sample> {
  const started = performance.now()
  const child = fork(fileURLToPath(new URL('install-app.js', import.meta.url)), [specifier], { execArgv: [] })
  let imported = Number.NaN
  child.on('message', (ms: number) => (imported = ms))
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`importing ${specifier} failed`)
  return { imported, whole: performance.now() - started }
}

/** What `npm install` of the packed package brings. */
async function measureInstall(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-install-'))
  try {
    const core = dirname(createRequire(import.meta.url).resolve(`${OURS}/package.json`))
    await run('npm', ['pack', '--pack-destination', folder], { cwd: core })
    const [tarball = ''] = await readdir(folder)
    await writeFile(join(folder, 'package.json'), '{ "private": true }')
    await run('npm', ['install', '--no-audit', '--no-fund', join(folder, tarball)], { cwd: folder })

    const modules = join(folder, 'node_modules')
    const lock = JSON.parse(await readFile(join(modules, '.package-lock.json'), 'utf8')) as { packages: object }
    const found = await readdir(modules, { recursive: true, withFileTypes: true })
    const stats = await Promise.all(found.map((entry) => lstat(join(entry.parentPath, entry.name))))
    const bytes = stats.filter((stat) => stat.isFile()).reduce((sum, { size }) => sum + size, 0)
    const blocks = stats.reduce((sum, stat) => sum + stat.blocks * 512, 0)
    const what = `npm install ${OURS}`
    const onDisk = `${(blocks / 1e6).toFixed(2)} MB in blocks of the disk`
    return [
      count(`${what}: packages`, Object.keys(lock.packages).length, 'packages', { atMost: 8 }),
      count(`${what}: bytes`, bytes / 1e6, 'MB', { atMost: 3.5 }, onDisk),
    ]
  } finally {
    await rm(folder, { recursive: true })
  }
}
