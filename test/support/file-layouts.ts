import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

import { dotenv, file, volume, withCanary } from '@hot-config/core'
import type { Source } from '@hot-config/core'

import { updateAtOnce } from './stepped-kubelet.ts'

/** A way in which configuration lies in the file system. Its content is a number. */
export interface FileLayout {
  readonly name: string
  /** What is configured and may be taken away, below the folder of the layout. */
  readonly target: string
  /** What holds it. Default: the same. */
  readonly volume?: string
  readonly sources: (at: (path: string) => string) => Source | readonly Source[]
  /** Writes a number, at once and so that no reader ever meets half of it. */
  readonly write: (at: (path: string) => string, n: number) => void
  /** What is served of a number. */
  readonly value: (n: number) => unknown
  /** Whether the target may be missing, or be something else, without any fault: its parent is configured. */
  readonly isPart?: boolean
  /** Whether it holds files that are written one by one. */
  readonly isPlain?: boolean
}

type At = (path: string) => string

/** Replaces a file in one step. */
export function replaceAtOnce(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${dirname(path)}/.next`, text)
  renameSync(`${dirname(path)}/.next`, path)
}

const writeVolume =
  (path: string) =>
  (at: At, n: number): void =>
    updateAtOnce(at(path), { 'app.yaml': `n: ${n}`, 'below/app.yaml': `m: ${n}`, odd: String(n) })

/** What a folder of `writeVolume` holds. */
const valueOfVolume = (n: number): object => ({ n, below: { m: n }, odd: String(n) })

/** A worktree for each number, and a link to the newest, which is replaced in one step. */
function writeWorktree(at: At, n: number): void {
  mkdirSync(at(`worktrees/${n}/below`), { recursive: true })
  writeFileSync(at(`worktrees/${n}/app.yaml`), `n: ${n}`)
  writeFileSync(at(`worktrees/${n}/below/app.yaml`), `m: ${n}`)
  rmSync(at('.next'), { force: true })
  symlinkSync(`worktrees/${n}`, at('.next'))
  renameSync(at('.next'), at('current'))
  rmSync(at(`worktrees/${n - 1}`), { recursive: true, force: true })
}

const writeFile_ =
  (path: string) =>
  (at: At, n: number): void =>
    replaceAtOnce(at(path), `n: ${n}`)

const onVolume = { target: 'mounted', write: writeVolume('mounted') } as const

export const FILE_LAYOUTS: readonly FileLayout[] = [
  { name: 'a volume', ...onVolume, sources: (at) => volume(at('mounted')), value: valueOfVolume },
  {
    name: 'an optional volume',
    ...onVolume,
    sources: (at) => volume(at('mounted'), { required: false }),
    value: valueOfVolume,
  },
  { name: 'a folder of a volume', ...onVolume, sources: (at) => volume(at('mounted/below')), value: (n) => ({ m: n }) },
  { name: 'a file of a volume', ...onVolume, sources: (at) => file(at('mounted/app.yaml')), value: (n) => ({ n }) },
  {
    name: 'files of a volume',
    ...onVolume,
    sources: (at) => [file(at('mounted/app.yaml')), file(at('mounted/below/app.yaml'))],
    value: (n) => ({ n, m: n }),
  },
  {
    name: 'a volume with a canary that nobody serves',
    ...onVolume,
    sources: (at) => withCanary(volume(at('mounted')), volume(at('canary'), { required: false })),
    value: valueOfVolume,
  },
  {
    name: 'volumes below a folder',
    target: 'tree/mounted',
    isPart: true,
    sources: (at) => volume(at('tree')),
    write: (at, n) => {
      replaceAtOnce(at('tree/own.yaml'), 'own: true')
      writeVolume('tree/mounted')(at, n)
    },
    value: (n) => ({ mounted: valueOfVolume(n), own: true }),
  },
  {
    name: 'a plain folder',
    target: 'plain',
    isPlain: true,
    sources: (at) => volume(at('plain')),
    write: writeFile_('plain/app.yaml'),
    value: (n) => ({ n }),
  },
  {
    name: 'a file',
    target: 'plain/app.yaml',
    isPlain: true,
    sources: (at) => file(at('plain/app.yaml')),
    write: writeFile_('plain/app.yaml'),
    value: (n) => ({ n }),
  },
  {
    name: 'a file of variables',
    target: 'plain/.env',
    isPlain: true,
    sources: (at) => dotenv(at('plain/.env')),
    write: (at, n) => replaceAtOnce(at('plain/.env'), `N=${n}`),
    value: (n) => ({ n: String(n) }),
  },
  {
    name: 'a worktree of git-sync',
    target: 'current',
    sources: (at) => volume(at('current')),
    write: writeWorktree,
    value: (n) => ({ n, below: { m: n } }),
  },
  {
    name: 'a file in a worktree of git-sync',
    target: 'current',
    sources: (at) => file(at('current/app.yaml')),
    write: writeWorktree,
    value: (n) => ({ n }),
  },
]
