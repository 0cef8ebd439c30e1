import { statSync } from 'node:fs'
import { extname } from 'node:path'

import type { Source } from '../source.js'
import { file } from './file.js'
import { volume } from './volume.js'

/** A bare path: a volume when it is a folder, else a file. What does not exist is judged by its name. */
export function fromPath(path: string): Source {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? extname(path) === ''
  return isFolder ? volume(path) : file(path)
}
