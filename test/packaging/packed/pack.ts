import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder of the packed packages. */
    tarballs: string
  }
}

/** Packs the packages once for all tests of this folder. */
export default function pack(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'tarballs-'))
  // the scripts change READMEs for a moment, which other tests read
  const args = ['scripts/pack.mjs', folder, '--config.ignore-scripts=true']
  execFileSync(process.execPath, args, { cwd: join(import.meta.dirname, '../../..'), stdio: 'pipe' })
  project.provide('tarballs', folder)
  return () => rmSync(folder, { recursive: true })
}
