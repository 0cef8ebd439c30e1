import { resolve } from 'node:path'

/** The path that is read when neither the option `sources` nor `HOT_CONFIG_PATH` is set. */
export const DEFAULT_PATH = '/etc/config'

/** The end of the message when nothing is mounted at the default path, as on a laptop: what to do instead. */
export function hintAt(path: string): string {
  if (path !== resolve(DEFAULT_PATH)) return ''
  return (
    '; outside a cluster, set HOT_CONFIG_PATH to a folder or a file, ' +
    'which is read where `sources` is left out or names process.env.HOT_CONFIG_PATH'
  )
}
