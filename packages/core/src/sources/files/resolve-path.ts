import { lstatSync, readlinkSync } from 'node:fs'
import { dirname, join, parse, sep } from 'node:path'

import type { VolumeUpdate } from '../source.js'

/** The link that the kubelet renames to publish an update of a volume. */
export const DATA = '..data'

/** The maximum number of links in a path, as on Linux. */
const MAX_LINKS = 40

/** A name in a folder. */
export interface Place {
  readonly folder: string
  readonly name: string
}

export interface ResolvedPath {
  /** The path without links, or `undefined` when it does not exist. */
  readonly real: string | undefined
  /** The links in the path, and the first name that is missing. When one of them changes, the path leads elsewhere. */
  readonly turns: readonly Place[]
  /** The update of a volume that the path leads into. */
  readonly volume?: VolumeUpdate
}

/**
 * Follows a path through all links.
 *
 * @param path an absolute path
 * @throws when links form a circle, or a folder in the path can't be accessed
 */
export function resolvePath(path: string): ResolvedPath {
  for (;;) {
    const resolved = resolveOnce(path)
    const { real, volume } = resolved
    // When the update was replaced in the meantime, the file is not missing: the path is resolved again.
    if (real !== undefined || !volume || !isReplaced(volume)) return resolved
  }
}

function isReplaced({ folder, update }: VolumeUpdate): boolean {
  try {
    return readlinkSync(join(folder, DATA)) !== update
  } catch {
    return false
  }
}

function resolveOnce(path: string): ResolvedPath {
  const { root } = parse(path)
  const turns: Place[] = []
  let volume: VolumeUpdate | undefined
  let real = root
  const rest = namesOf(path.slice(root.length))
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    const folder = real
    real = name === '..' ? dirname(folder) : join(folder, name)
    const stats = lstatSync(real, { throwIfNoEntry: false })
    if (stats && !stats.isSymbolicLink()) continue
    turns.push({ folder, name })
    if (!stats) return { real: undefined, turns, ...(volume && { volume }) }
    if (turns.length > MAX_LINKS) {
      const message = `ELOOP: too many symbolic links encountered, '${path}'`
      throw Object.assign(new Error(message), { code: 'ELOOP', path })
    }
    const target = readlinkSync(real)
    if (name === DATA) volume = { folder, update: target }
    const start = parse(target).root
    real = start === '' ? folder : start
    rest.unshift(...namesOf(target.slice(start.length)))
  }
  return { real, turns, ...(volume && { volume }) }
}

function namesOf(path: string): string[] {
  return path.split(sep).filter((name) => name !== '' && name !== '.')
}
