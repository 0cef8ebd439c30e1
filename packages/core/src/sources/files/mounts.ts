import { readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { mayPass } from '../../async/try-again.js'
import type { Reading } from '../source.js'

/** One line of `/proc/self/mountinfo`, as far as it matters here. */
export interface Mount {
  /** What is mounted, as a path within its own file system. */
  readonly root: string
  /** Where. */
  readonly point: string
}

/** What to say of a source in its reading. Empty when updates can reach it. */
export interface Updatability extends Pick<Reading, 'updatable' | 'warnings'> {
  /** Whether nothing of it can ever change, so that nothing is there to be noticed. */
  readonly isFixed?: boolean
}

/** What the kernel appends to a root that was removed. */
const DELETED = '//deleted'

/** Where the kubelet keeps what it mounts with `subPath`, for runtimes that show this and not what it was made from. */
const SUBPATHS = '/volume-subpaths/'

/**
 * The folder of one update of a volume, such as `..2024_07_01_14_15_02.3624755718`. A mount with this in its root shows
 * that one update for good: so `subPath` looks from within a container.
 */
const ONE_UPDATE = /\/\.\.\d{4}(?:_\d\d){5}\.\d+(?:\/|$)/

/** How many files a warning names. */
const NAMED = 3

const ADVICE = 'mount the whole volume as a folder, without subPath, and name that folder as the source'

/**
 * Finds out, once, whether updates can reach a file or a folder: not when it is mounted with `subPath`, as one file, or
 * from something that is gone. On Linux; elsewhere nothing is known and nothing is said.
 *
 * @returns `undefined` when that can't be found out at the moment
 */
export function lookAtMounts(path: string): Updatability | undefined {
  try {
    if (process.platform === 'linux') return judge(path, parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8')))
  } catch (error) {
    if (mayPass(error)) return undefined
    // without /proc nothing is known, and what can't be seen at this path is for reading it to tell
  }
  return {}
}

/**
 * Reads what proc_pid_mountinfo(5) describes: `36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/sda rw`, with any
 * number of optional fields before the dash.
 */
export function parseMountInfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ')
    const [, , , root, point] = fields
    if (root === undefined || point === undefined || fields.indexOf('-', 6) < 0) return []
    return [{ root: unescape(root), point: unescape(point) }]
  })
}

/** The mount that a path without links belongs to: the longest that leads to it, of equal ones the last, on top. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let found: Mount | undefined
  for (const mount of mounts) {
    if (isAtOrBelow(path, mount.point) && mount.point.length >= (found?.point.length ?? 0)) found = mount
  }
  return found
}

/** Why updates can't reach a path, with what to do instead; nothing when they can. */
function judge(path: string, mounts: readonly Mount[]): Updatability {
  const real = realpathSync(path)
  const isFile = statSync(real).isFile()
  const mount = mountOf(real, mounts)
  if (mount?.root.endsWith(DELETED)) {
    return fixed(`what ${path} was mounted from is gone, so no update can come: ${ADVICE}`)
  }
  // the whole volume: what is mounted is the folder in which `..data` is renamed
  if (!isFile && isLink(join(real, '..data'))) return {}
  if (mount && showsOneUpdate(mount)) return fixed(subPathWarning(path))
  // a file that is written in place is seen all the same
  if (isFile) return mount?.point === real ? stuck(oneFileWarning(path)) : {}

  const below = mounts.filter(({ point }) => point !== real && isAtOrBelow(point, real))
  const subPaths = below.filter(showsOneUpdate)
  if (subPaths.length > 0) return stuck(subPathWarning(list(subPaths)))
  const files = below.filter(({ point }) => statSync(point, { throwIfNoEntry: false })?.isFile())
  return files.length > 0 ? stuck(oneFileWarning(list(files))) : {}
}

function stuck(warning: string): Updatability {
  return { updatable: false, warnings: [warning] }
}

function fixed(warning: string): Updatability {
  return { ...stuck(warning), isFixed: true }
}

function showsOneUpdate({ root }: Mount): boolean {
  return ONE_UPDATE.test(root) || root.includes(SUBPATHS) || root.endsWith(DELETED)
}

function subPathWarning(what: string): string {
  return `${what}: mounted with subPath, which never sees an update: ${ADVICE}`
}

function oneFileWarning(what: string): string {
  return `${what}: a mount of one file, which never sees a file that replaces it: ${ADVICE}`
}

function list(mounts: readonly Mount[]): string {
  const names = [...new Set(mounts.map(({ point }) => point))]
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : ''
  return names.slice(0, NAMED).join(', ') + more
}

function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? folder : `${folder}/`)
}

function isLink(path: string): boolean {
  try {
    readlinkSync(path)
    return true
  } catch {
    return false
  }
}

/** The kernel writes blanks, backslashes and `#` in octal. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
