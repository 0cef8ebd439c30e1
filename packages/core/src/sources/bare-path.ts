import { extname } from 'node:path'

import type { Source } from './source.js'
import { file } from './file.js'
import { isFolder } from './files/is-folder.js'
import { volume } from './volume.js'

/** Returns the source for a bare path: a volume for a folder, else a file. */
export function fromPath(path: string): Source {
  // When the path can't be checked, its name decides. Reading it later reports what is wrong.
  const isVolume = isFolder(path) ?? extname(path) === ''
  return isVolume ? volume(path) : file(path)
}
