import { statSync } from 'node:fs'
import { extname } from 'node:path'

import type { Source } from './source.js'
import { file } from './file.js'
import { volume } from './volume.js'

/** Returns the source for a bare path: a volume for a folder, else a file. */
export function fromPath(path: string): Source {
  return isFolder(path) ? volume(path) : file(path)
}

/** When the path can't be checked, its name decides. Reading it later reports what is wrong. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return extname(path) === ''
  }
}
