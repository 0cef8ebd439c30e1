import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'

import { UsageError } from '../usage-error.js'
import { LineIndex } from './line-index.js'
import type { ManifestText } from './node.js'

/** Standard input as an argument, and its name in messages. */
export const STDIN = '-'
const STDIN_NAME = 'stdin'

const IS_MANIFEST = /\.(?:ya?ml|json)$/i

/**
 * Reads manifests from files, from all YAML and JSON files in folders, and from standard input for `-`.
 *
 * @throws {UsageError} for a path that can't be read, and for a folder without manifests
 */
export async function readInput(paths: readonly string[]): Promise<ManifestText[]> {
  const files = await Promise.all(paths.map(filesOf))
  return Promise.all(Array.from(new Set(files.flat()), read))
}

async function filesOf(path: string): Promise<readonly string[]> {
  if (path === STDIN) return [path]
  const stats = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error)
  })
  if (!stats.isDirectory()) return [path]
  const found = await readdir(path, { recursive: true, withFileTypes: true })
  const files = found
    .filter((entry) => entry.isFile() && IS_MANIFEST.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.slice(path.length).includes('/node_modules/'))
    .toSorted()
  if (files.length > 0) return files
  throw new UsageError(`${path} has no files that end in .yaml, .yml or .json`)
}

async function read(file: string): Promise<ManifestText> {
  const isStdin = file === STDIN
  const text = await (isStdin ? textOf(process.stdin) : readFile(file, 'utf8')).catch((error: unknown) => {
    throw unreadable(file, error)
  })
  return { file: isStdin ? STDIN_NAME : file, text, lines: new LineIndex(text) }
}

function unreadable(path: string, error: unknown): UsageError {
  const code = (error as NodeJS.ErrnoException).code
  const reason = code === 'ENOENT' ? 'it does not exist' : (code ?? String(error))
  return new UsageError(`${path} can't be read: ${reason}`)
}
