import { readFile, readdir } from 'node:fs/promises'

import { ok, warning } from './diagnosis.js'
import type { Diagnosis } from './diagnosis.js'

const LIMITS = '/proc/sys/fs/inotify'
/** Above this share of a limit, a few more services may exhaust it. */
const MUCH = 0.8

/** Compares the limits of inotify with their use by the processes of this user that can be seen. */
export async function inotifyCheck(): Promise<Diagnosis[]> {
  const limits = await Promise.all([limitOf('max_user_instances'), limitOf('max_user_watches')]).catch(() => undefined)
  // not Linux, or a sandbox without inotify
  if (!limits) return []
  const [instances, watches] = limits
  const used = await usage()
  const message = `${used.instances} of ${instances} instances and ${used.watches} of ${watches} watches of inotify are in use`
  const isMuch = used.instances > MUCH * instances || used.watches > MUCH * watches
  const advice = 'raise fs.inotify.max_user_instances and fs.inotify.max_user_watches on the node'
  return [isMuch ? warning('inotify', message, advice) : ok('inotify', message)]
}

async function limitOf(name: string): Promise<number> {
  return Number(await readFile(`${LIMITS}/${name}`, 'utf8'))
}

async function usage(): Promise<{ instances: number; watches: number }> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  let [instances, watches] = [0, 0]
  for (const id of processes) {
    // processes of other users, and those that have ended, can't be read
    for (const fd of await readdir(`/proc/${id}/fdinfo`).catch(() => [])) {
      const text = await readFile(`/proc/${id}/fdinfo/${fd}`, 'utf8').catch(() => '')
      const found = text.match(/^inotify /gm)?.length ?? 0
      watches += found
      if (found > 0) instances++
    }
  }
  return { instances, watches }
}
