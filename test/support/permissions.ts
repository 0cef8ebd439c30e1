import { spawnSync } from 'node:child_process'

const isRoot = process.geteuid?.() === 0
// without these two, root has the permissions of an owner and no more; another user might not even read this repository
const command = [
  'setpriv',
  '--bounding-set=-dac_override,-dac_read_search',
  '--inh-caps=-dac_override,-dac_read_search',
]

/** The start of a command that runs a program within the permissions of files, root's programs as well. */
export const withinPermissions: readonly string[] = isRoot ? command : []

/** Whether this machine can run a program within the permissions of files. */
export const hasPermissions =
  process.platform === 'linux' && (!isRoot || spawnSync('setpriv', [...command.slice(1), 'true']).status === 0)
