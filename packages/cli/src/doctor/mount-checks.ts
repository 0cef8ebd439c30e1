import { readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { ConfigError, createHotConfig } from '@hot-config/core'
import type { HotConfig } from '@hot-config/core'
import { checkMounts, describePlace } from '@hot-config/core/internal'

import { ok, problem, warning } from './diagnosis.js'
import type { Diagnosis } from './diagnosis.js'

/** How far the time of an update may be ahead of the clock of this machine, in milliseconds. */
const MAX_AHEAD_MS = 60_000

/** Checks what is mounted at a path, whether updates arrive there, and how they are noticed. */
export async function mountChecks(path: string): Promise<Diagnosis[]> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => error)
  if (stats instanceof Error) {
    const advice = 'mount the ConfigMap there, or name its folder: hot-config doctor <dir>'
    return [
      problem('mount', `${path} can't be read: ${stats.code === 'ENOENT' ? 'it does not exist' : stats.code}`, advice),
    ]
  }
  const target = await readlink(join(path, '..data')).catch(() => undefined)
  return [kindOf(path, stats.isDirectory(), target), ...clockCheck(target), ...(await readingChecks(path))]
}

function kindOf(path: string, isFolder: boolean, target: string | undefined): Diagnosis {
  const { updatable, warnings = [] } = checkMounts(path) ?? {}
  if (updatable === false) {
    return problem('mount', warnings.join('; '), 'mount the whole volume as a folder, without subPath')
  }
  if (target !== undefined) return ok('mount', `${path} is a mounted volume, and shows the update ${target}`)
  if (!isFolder) return ok('mount', `${path} is a plain file, and sees each file that replaces it`)
  const advice = 'in a pod, mount the ConfigMap there. On a laptop, hot-config mount makes a volume'
  return warning(
    'mount',
    `${path} is a plain folder and no mounted volume: its files are not read from one update`,
    advice,
  )
}

/** The kubelet names an update by its time: `..2026_11_23_04_05_06.123`. */
function clockCheck(target: string | undefined): Diagnosis[] {
  const [, ...parts] = /^\.\.(\d{4})_(\d\d)_(\d\d)_(\d\d)_(\d\d)_(\d\d)\./.exec(target ?? '') ?? []
  if (parts.length === 0) return []
  const [year = 0, month = 1, ...rest] = parts.map(Number)
  const ahead = Date.UTC(year, month - 1, ...(rest as [number])) - Date.now()
  if (ahead <= MAX_AHEAD_MS) return []
  const message = `the update was written ${Math.round(ahead / 1000)} s in the future of this clock`
  return [warning('clock', message, 'synchronize the clocks of the nodes (NTP)')]
}

/** Follows the path as a service does. */
async function readingChecks(path: string): Promise<Diagnosis[]> {
  let config: HotConfig<unknown>
  try {
    config = await createHotConfig({ sources: path, logger: false })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.issues.map((issue) =>
      problem('content', error.issues.length === 1 ? error.message : describe(issue), adviceOn(issue.message)),
    )
  }
  const [source] = config.health().sources
  await config.close()
  const { watching = '', updatable = true, warnings = [] } = source ?? {}
  const found = warnings.map((text) =>
    warning(
      updatable ? 'content' : 'mount',
      text,
      updatable ? 'correct the ConfigMap' : 'mount the whole volume as a folder',
    ),
  )
  if (watching === 'inotify') return [...found, ok('watch', 'changes are noticed at once, by inotify')]
  if (watching === 'none')
    return [...found, problem('watch', 'nothing is watched, because no update can come', 'see the mount')]
  const message = `changes are noticed by ${watching}, within seconds`
  return [...found, warning('watch', message, 'this works. For updates within milliseconds, see the check of inotify')]
}

function describe({ path, message, ...place }: ConfigError['issues'][number]): string {
  return [describePlace(place), path, message].filter(Boolean).join(' ')
}

function adviceOn(message: string): string {
  if (!/EACCES|EPERM/.test(message)) return 'correct the ConfigMap: hot-config validate shows each line'
  const { getuid, getgid } = process
  return `this process runs as user ${getuid?.()} and group ${getgid?.()}: set fsGroup or defaultMode in the pod`
}
