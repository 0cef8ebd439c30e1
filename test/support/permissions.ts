import { spawnSync } from 'node:child_process'

/**
 * The start of a command that runs a program within the permissions of files. Root has those of an owner then, and no more.
 * As another user, it might not even read this repository.
 */
export const withinPermissions: readonly string[] =
  process.geteuid?.() === 0
    ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-dac_override,-dac_read_search']
    : []

const [command, ...args] = [...withinPermissions, 'true'] as const

/** Whether this machine can run a program within the permissions of files. */
export const hasPermissions = process.platform === 'linux' && spawnSync(command, args).status === 0
