import { statSync } from 'node:fs'

/** Whether a path leads to a folder, also through links. Returns `undefined` when that can't be found out. */
export function isFolder(path: string): boolean | undefined {
  try {
    return statSync(path).isDirectory()
  } catch {
    return undefined
  }
}
