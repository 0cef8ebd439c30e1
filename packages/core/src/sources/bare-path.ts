import { statSync } from 'node:fs'
import { extname } from 'node:path'

import type { Source } from './source.js'
import { file } from './file.js'
import { volume } from './volume.js'

/** A bare path: a volume when it is a folder, else a file. */
export function fromPath(path: string): Source {
  return isFolder(path) ? volume(path) : file(path)
}

/** What does not exist, or can't be looked at, is judged by its name: reading it says what is wrong. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return extname(path) === ''
  }
}
