import { readFileSync, readdirSync, statSync } from 'node:fs'
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
 * @param stdin what standard input holds, when it was read before
 * @throws {UsageError} for a path that can't be read, and for a folder without manifests
 */
export async function readInput(paths: readonly string[], stdin?: string): Promise<ManifestText[]> {
  const files = new Set(paths.flatMap(filesOf))
  return Promise.all(Array.from(files, (file) => read(file, stdin)))
}

/** Reads standard input, when it is one of the manifests. */
export async function readStdin(paths: readonly (string | undefined)[]): Promise<string | undefined> {
  return paths.includes(STDIN) ? textOf(process.stdin) : undefined
}

// Synchronous: for thousands of small files, promises would take longer than the files.
function filesOf(path: string): readonly string[] {
  if (path === STDIN) return [path]
  if (!from(path, () => statSync(path).isDirectory())) return [path]
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && IS_MANIFEST.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.slice(path.length).includes('/node_modules/'))
    .toSorted()
  if (files.length > 0) return files
  throw new UsageError(`${path} has no files that end in .yaml, .yml or .json`)
}

async function read(file: string, stdin: string | undefined): Promise<ManifestText> {
  const isStdin = file === STDIN
  const text = isStdin ? (stdin ?? (await textOf(process.stdin))) : from(file, () => readFileSync(file, 'utf8'))
  return { file: isStdin ? STDIN_NAME : file, text, lines: new LineIndex(text) }
}

/** @throws {UsageError} when a path can't be read */
function from<T>(path: string, readPath: () => T): T {
  try {
    return readPath()
  } catch (error) {
    throw unreadable(path, error)
  }
}

function unreadable(path: string, error: unknown): UsageError {
  const code = (error as NodeJS.ErrnoException).code
  const reason = code === 'ENOENT' ? 'it does not exist' : (code ?? String(error))
  return new UsageError(`${path} can't be read: ${reason}`)
}
