import { inSlices } from '../async/slices.js'
import { ConfigError, messageOf } from '../errors/errors.js'
import type { Issue } from '../errors/errors.js'
import type { Redactor } from '../secrets/redactor.js'
import { KeyError } from '../sources/files/read-folder.js'
import type { ReadResult } from '../sources/source-reader.js'
import { merge } from '../trees/merge.js'
import type { Tree } from '../trees/tree.js'
import type { SchemaNames } from './known-entries.js'
import { parseLayer } from './layer.js'
import type { Layer } from './layer.js'

const EMPTY_TREE: Tree = Object.freeze({})

/** The layers of all sources. It keeps the last layer of each, so that only changed entries are parsed again. */
export class Layers {
  readonly #redactor: Redactor
  readonly #last: (Layer | undefined)[]

  /** @param last layers that were parsed elsewhere */
  constructor(redactor: Redactor, last: readonly Layer[] = []) {
    this.#redactor = redactor
    this.#last = [...last]
  }

  /**
   * Parses the readings of all sources.
   *
   * @throws {ConfigError} with every problem of every source
   * @throws the reason of `signal`
   */
  async parse(results: readonly ReadResult[], names: SchemaNames, signal: AbortSignal): Promise<readonly Layer[]> {
    const parsed = await Promise.all(
      results.map(async (result, index) => {
        if ('error' in result) return { issues: [this.#unreadable(result.name, result.error)] }
        const layer = await parseLayer(result.name, result.reading, names, this.#last[index], this.#redactor, signal)
        if ('layer' in layer) this.#last[index] = layer.layer
        return layer
      }),
    )
    signal.throwIfAborted()
    const issues = parsed.flatMap((result) => ('issues' in result ? result.issues : []))
    if (issues.length > 0) throw ConfigError.of(issues)
    return parsed.flatMap((result) => ('layer' in result ? [result.layer] : []))
  }

  #unreadable(source: string, error: unknown): Issue {
    const file = error instanceof KeyError && { file: error.key }
    const message = `can't be read: ${this.#redactor.scrub(messageOf(error))}`
    return { code: 'HOT_CONFIG_SOURCE', source, ...file, message }
  }
}

/** Tells the redactor which revision of each source has which content, so that it knows whether there are secrets in it. */
export function rememberRevisions(results: readonly ReadResult[], layers: readonly Layer[], redactor: Redactor): void {
  const parsed = layers.flatMap((layer, index) => {
    const result = results[index]
    return result && 'reading' in result ? [{ layer, revision: result.reading.revision }] : []
  })
  redactor.parsed(parsed)
}

/**
 * Merges layers. Later layers override earlier ones.
 *
 * @param previous the previous tree, whose unchanged parts are reused
 * @throws the reason of `signal`
 */
export async function mergeLayers(
  layers: readonly Layer[],
  previous: Tree | undefined,
  signal: AbortSignal,
): Promise<Tree> {
  const trees = layers.flatMap((layer) => layer.parts.map((part) => part.tree))
  const tree = await inSlices(merge(trees, previous), signal)
  return (tree ?? EMPTY_TREE) as Tree
}
