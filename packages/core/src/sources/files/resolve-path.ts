import { lstatSync, readlinkSync } from 'node:fs'
import { dirname, join, parse, sep } from 'node:path'

import type { VolumeUpdate } from '../source.js'

/** The link that the kubelet renames to publish an update of a volume. */
export const DATA = '..data'

/** As many as Linux follows. */
const MAX_LINKS = 40

/** A name in a folder. */
export interface Place {
  readonly folder: string
  readonly name: string
}

export interface ResolvedPath {
  /** Where the path leads, without links; `undefined` when nothing is there. */
  readonly real: string | undefined
  /** The links on the way, and the first name that is missing: when one of them changes, the path leads elsewhere. */
  readonly turns: readonly Place[]
  /** The update of a volume that the path leads into. */
  readonly volume?: VolumeUpdate
}

/**
 * Follows a path through all links.
 *
 * @param path absolute
 * @throws when links lead round in a circle, or a folder on the way can't be searched
 */
export function resolvePath(path: string): ResolvedPath {
  for (;;) {
    const resolved = resolveOnce(path)
    const { real, volume } = resolved
    // an update that is removed while it is followed is no missing file
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
