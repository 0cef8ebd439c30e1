import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
/** The versions of core that an adapter works with, as the workspace has them. A new major changes it. */
const PEER = '^0'
const NAMES = ['cli', 'core', 'express', 'fastify', 'kubernetes', 'nestjs', 'testing'] as const

describe('changeset version', () => {
  let workspace: string

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'versions-'))
    const tracked = execFileSync('git', ['ls-files', '--', '.changeset', '*package.json', 'pnpm-*.yaml'], { cwd: root })
    for (const file of tracked.toString().trim().split('\n')) {
      await mkdir(dirname(join(workspace, file)), { recursive: true })
      await cp(join(root, file), join(workspace, file))
    }
    await symlink(join(root, 'node_modules'), join(workspace, 'node_modules'))
    // it reads from Git which commits added the changesets
    git('init', '--quiet')
    git('add', '.changeset')
    git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '-m', 'Add')
  })

  afterAll(() => rm(workspace, { recursive: true }))

  function git(...args: string[]): void {
    execFileSync('git', args, { cwd: workspace, stdio: 'pipe' })
  }

  /** @returns the version that all packages have after the changes that wait, as numbers */
  async function version(): Promise<number[]> {
    execFileSync(join(root, 'node_modules/.bin/changeset'), ['version'], { cwd: workspace, stdio: 'pipe' })
    const versions = new Set<string>()
    for (const name of NAMES) {
      const text = await readFile(join(workspace, 'packages', name, 'package.json'), 'utf8')
      const manifest = JSON.parse(text) as { version: string; peerDependencies?: Record<string, string> }
      versions.add(manifest.version)
      if (name !== 'core' && name !== 'cli') expect(manifest.peerDependencies?.['@hot-config/core']).toBe(PEER)
    }
    expect(versions.size).toBe(1)
    return [...versions].join().split('.').map(Number)
  }

  it('keeps all packages at one version, a minor change minor and a patch a patch', async () => {
    const change = (bump: string) =>
      writeFile(join(workspace, '.changeset/one-change.md'), `---\n'@hot-config/core': ${bump}\n---\n\nChange.\n`)
    await change('patch')
    const [major = NaN, minor = NaN] = await version()
    await change('minor')
    expect(await version()).toEqual([major, minor + 1, 0])
    await change('patch')
    expect(await version()).toEqual([major, minor + 1, 1])
  })
})
