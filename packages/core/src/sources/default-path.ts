import { resolve } from 'node:path'

/** Where charts and manifests mount the configuration by custom. */
const DEFAULT_PATH = '/etc/config'

/** What is read when the program names no sources. */
export function defaultPath(): string {
  // a variable without a value is how many manifests say "not set"
  return process.env['HOT_CONFIG_PATH'] || DEFAULT_PATH
}

/** What to do where nothing is mounted at the default path, as on a laptop. */
export function hintAt(path: string): string {
  if (path !== resolve(DEFAULT_PATH)) return ''
  return '; outside a cluster, leave out `sources` and set HOT_CONFIG_PATH to a folder or a file'
}
