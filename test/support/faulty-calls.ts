import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What the calls of a process to the system do, below one folder. */
export interface Orders {
  /** The code that they fail with. Default: they don't. */
  readonly error?: string
  /** How many of 1,000 calls fail. Default: all. */
  readonly perMille?: number
  readonly delayUs?: number
  /** The most bytes that a read returns, at random. Default: as many as there are. */
  readonly shortRead?: number
}

/** The library that is preloaded, or `undefined` where there is no compiler for it. */
const library = ((): string | undefined => {
  const folder = mkdtempSync(join(tmpdir(), 'faulty-calls-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const source = fileURLToPath(new URL('faulty-calls.c', import.meta.url))
  const built = join(folder, 'faulty-calls.so')
  const { status } = spawnSync('gcc', ['-O1', '-shared', '-fPIC', '-o', built, source, '-ldl'])
  return process.platform === 'linux' && status === 0 ? built : undefined
})()

/** Whether calls of another process can be made to fail. */
export const hasFaultyCalls: boolean = library !== undefined

/** The environment of a process whose calls below a folder do as `order` says, which is in a file. */
export function faultyCalls(file: string, below: string): Readonly<Record<string, string>> {
  order(file, {}, 'w')
  return { LD_PRELOAD: library ?? '', FAULTY_CALLS_ORDERS: file, FAULTY_CALLS_BELOW: below }
}

/** Says what the calls do from now on. */
export function order(file: string, { error, perMille = 1000, delayUs = 0, shortRead = 0 }: Orders, flag = 'r+'): void {
  const errno = error === undefined ? 0 : constants.errno[error as keyof typeof constants.errno]
  // in place, since the process has mapped the file
  writeFileSync(file, Int32Array.of(errno, perMille, delayUs, shortRead), { flag })
}
