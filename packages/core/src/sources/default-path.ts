import { resolve } from 'node:path'

/** What is read when neither the program nor `HOT_CONFIG_PATH` says otherwise. */
export const DEFAULT_PATH = '/etc/config'

/** What to do where nothing is mounted at the default path, as on a laptop. */
export function hintAt(path: string): string {
  if (path !== resolve(DEFAULT_PATH)) return ''
  return '; outside a cluster, leave out `sources` and set HOT_CONFIG_PATH to a folder or a file'
}
