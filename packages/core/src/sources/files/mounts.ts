import { readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { mayPass } from '../../async/try-again.js'
import type { Reading } from '../source.js'

/** The part of a line in `/proc/self/mountinfo` that is used here. */
export interface Mount {
  /** The path of the mounted folder or file within its own file system. */
  readonly root: string
  /** The path where it is mounted. */
  readonly point: string
}

/** Whether updates can reach a source, as a part of its reading. Empty when they can. */
export interface Updatability extends Pick<Reading, 'updatable' | 'warnings'> {
  /** Whether the content can never change, so that watching it is useless. */
  readonly isFixed?: boolean
}

/** The text that the kernel appends to a root that was removed. */
const DELETED = '//deleted'

/**
 * The folder of the kubelet for `subPath` mounts. Some runtimes show it as the root, instead of the original folder.
 */
const SUBPATHS = '/volume-subpaths/'

/**
 * The folder of one update of a volume, such as `..2024_07_01_14_15_02.3624755718`. A mount with this in its root
 * always shows the same update. Inside a container, this is how a `subPath` mount appears.
 */
const ONE_UPDATE = /\/\.\.\d{4}(?:_\d\d){5}\.\d+(?:\/|$)/

/** The maximum number of files that a warning names. */
const NAMED = 3

const ADVICE = 'mount the whole volume as a folder, without subPath, and name that folder as the source'

/**
 * Checks whether updates can reach a file or a folder. They can't when it is mounted with `subPath`, as a single file,
 * or from a folder that was removed. This works only on Linux. On other systems the result is empty.
 *
 * @returns `undefined` when a fault that may pass prevents the check
 */
export function checkMounts(path: string): Updatability | undefined {
  try {
    if (process.platform === 'linux') return judge(path, parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8')))
  } catch (error) {
    if (mayPass(error)) return undefined
    // There is no /proc, or the path can't be read. In the second case, reading the source reports the reason.
  }
  return {}
}

/**
 * Parses the format that proc_pid_mountinfo(5) describes: `36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/sda
 * rw`, with any number of optional fields before the dash.
 */
export function parseMountInfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ')
    const [, , , root, point] = fields
    if (root === undefined || point === undefined || fields.indexOf('-', 6) < 0) return []
    return [{ root: unescape(root), point: unescape(point) }]
  })
}

/**
 * Returns the mount that contains a path without links. It is the mount with the longest matching path. Of several at
 * the same path, the last one hides the others.
 */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let found: Mount | undefined
  for (const mount of mounts) {
    if (isAtOrBelow(path, mount.point) && mount.point.length >= (found?.point.length ?? 0)) found = mount
  }
  return found
}

/** Finds out why updates can't reach a path, and what to do instead. Empty when they can. */
function judge(path: string, mounts: readonly Mount[]): Updatability {
  const real = realpathSync(path)
  const isFile = statSync(real).isFile()
  const mount = mountOf(real, mounts)
  if (mount?.root.endsWith(DELETED)) {
    return fixed(`what ${path} was mounted from is gone, so no update can come: ${ADVICE}`)
  }
  // The whole volume is mounted, with the `..data` link that the kubelet renames. So updates arrive.
  if (!isFile && isLink(join(real, '..data'))) return {}
  if (mount && showsOneUpdate(mount)) return fixed(subPathWarning(path))
  // Not fixed: a mount of one file still shows writes in place.
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

/** Decodes blanks, backslashes and `#`, which the kernel writes in octal. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
