import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** The calls by which files and folders are read. */
const CALLS = ['openSync', 'readlinkSync', 'readdirSync', 'statSync', 'lstatSync', 'realpathSync'] as const

type Call = (path: unknown, ...rest: unknown[]) => unknown

/**
 * Runs `use` where the system fails with a code for every path that `concerns` names, which a mount or a limit can do at any
 * moment.
 *
 * @param concerns is asked at every call
 */
export async function withFailingFiles(
  code: string,
  concerns: (path: string) => boolean,
  use: () => Promise<void>,
): Promise<void> {
  await beforeFileCalls((name, path) => {
    if (concerns(path)) throw Object.assign(new Error(`${code}: injected, ${name} '${path}'`), { code, path })
  }, use)
}

/** Runs `use` where every call by which files and folders are read calls `before` first, with the path. */
export async function beforeFileCalls(
  before: (name: string, path: string) => void,
  use: () => Promise<void>,
): Promise<void> {
  const sync = fs as unknown as Record<string, Call>
  const async = fs.promises as unknown as Record<string, Call>
  const originals = CALLS.map((name) => [name, sync[name] as Call] as const)
  const open = async['open'] as Call
  const preceded =
    (name: string, call: Call): Call =>
    (path, ...rest) => {
      if (typeof path === 'string') before(name, path)
      return call(path, ...rest)
    }
  for (const [name, call] of originals) sync[name] = Object.assign(preceded(name, call), call)
  async['open'] = async (...args) => preceded('open', open)(...args)
  syncBuiltinESMExports()
  try {
    await use()
  } finally {
    for (const [name, call] of originals) sync[name] = call
    async['open'] = open
    syncBuiltinESMExports()
  }
}
