import { ConfigError } from '../errors/errors.js'
import type { Issue } from '../errors/errors.js'
import { nameOf } from './entry.js'
import type { Layer } from './layer.js'

const KEPT = 'holds no values any more, so the last good ones serve'

/**
 * Rejects an update in which a source or a file no longer has any values: the ConfigMap was deleted, a full disk left
 * an empty file, or a template was rendered without its values. Every value would fall back to its default.
 *
 * @param served the layers that are served now
 * @throws {EmptiedError} that names each of these sources and files
 */
export function rejectEmptied(layers: readonly Layer[], served: readonly Layer[] = []): void {
  const issues = layers.flatMap((layer, index) => emptiedIn(layer, served[index]))
  if (issues.length > 0) throw ConfigError.of(issues)
}

function emptiedIn(layer: Layer, served: Layer | undefined): Issue[] {
  if (!served || served === layer || layer.isEnvironment || isEmpty(served)) return []
  const issue = { code: 'HOT_CONFIG_EMPTIED', source: layer.source } as const
  if (isEmpty(layer)) return [{ ...issue, message: `${KEPT}; if that is meant, set emptied: 'accept'` }]
  const empty = layer.parts.filter((part) => part.isDocument && part.isEmpty)
  if (empty.length === 0) return []
  const held = new Set(served.parts.filter((part) => !part.isEmpty).map(({ entry }) => nameOf(entry)))
  return empty
    .filter(({ entry }) => held.has(nameOf(entry)))
    .map(({ entry }) => ({
      ...issue,
      source: entry.source ?? layer.source,
      file: nameOf(entry),
      message: `${KEPT}; if that is meant, take the key away or set emptied: 'accept'`,
    }))
}

function isEmpty({ parts }: Layer): boolean {
  return parts.every((part) => part.isEmpty)
}
