import { readFileSync, readdirSync, statSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
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
 * @param streams what {@link readStreams} returned, when they were read before
 * @throws {UsageError} for a path that can't be read, and for a folder without manifests
 */
export async function readInput(paths: readonly string[], streams?: Streams): Promise<ManifestText[]> {
  const read = streams ?? (await readStreams(paths))
  const files = new Set(paths.flatMap((path) => (read.has(path) ? [path] : filesIn(path))))
  return Array.from(files, (path) => {
    const text = read.get(path) ?? from(path, () => readFileSync(path, 'utf8'))
    return { file: path === STDIN ? STDIN_NAME : path, text, lines: new LineIndex(text) }
  })
}

/** The texts of manifests that can be read only once, by path. */
export type Streams = ReadonlyMap<string, string>

/**
 * Reads the manifests that can be read only once, and only by this process: standard input, and pipes, such as that of
 * `<(kustomize build .)` in a shell.
 *
 * @throws {UsageError} for one that can't be read
 */
export async function readStreams(paths: readonly (string | undefined)[]): Promise<Streams> {
  const streams = new Map<string, string>()
  for (const path of new Set(paths)) {
    if (path === undefined || !(await isStream(path))) continue
    const text = path === STDIN ? textOf(process.stdin) : readFile(path, 'utf8')
    streams.set(path, await text.catch((error: unknown) => Promise.reject(unreadable(path, error))))
  }
  return streams
}

/** Names that mean something else in each process. */
const OF_PROCESS = /^\/dev\/(?:stdin$|fd\/)/

/**
 * Not by `statSync()`: Node resolves modules by its last result, and does not find those behind a link when that was a
 * pipe.
 */
async function isStream(path: string): Promise<boolean> {
  if (path === STDIN || OF_PROCESS.test(path)) return true
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && !found.isFile() && !found.isDirectory()
}

// Synchronous: for thousands of small files, promises would take longer than the files.
function filesIn(path: string): readonly string[] {
  if (!from(path, () => statSync(path).isDirectory())) return [path]
  const files = from(path, () => readdirSync(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && IS_MANIFEST.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.slice(path.length).includes('/node_modules/'))
    .toSorted()
  if (files.length > 0) return files
  throw new UsageError(`${path} has no files that end in .yaml, .yml or .json`)
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
