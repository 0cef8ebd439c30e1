import type { Position } from './line-index.js'
import { ManifestSyntaxError, itemsAt, nodeAt, parseManifests, textAt } from './node.js'
import type { ManifestNode, ManifestText } from './node.js'

/** A Kubernetes object in a manifest. */
export interface ManifestObject {
  readonly manifest: ManifestText
  readonly kind: string
  readonly name: string
  readonly namespace: string | undefined
  readonly node: ManifestNode
}

/** What is wrong with a manifest itself. */
export interface ManifestProblem extends Partial<Position> {
  readonly file: string
  readonly message: string
}

export interface ManifestObjects {
  readonly objects: readonly ManifestObject[]
  readonly problems: readonly ManifestProblem[]
}

/**
 * Finds the objects of manifests, also those in a `List`.
 *
 * @param goesOn called for each manifest
 */
export function objectsIn(manifests: readonly ManifestText[], goesOn?: () => void): ManifestObjects {
  const objects: ManifestObject[] = []
  const problems: ManifestProblem[] = []
  for (const manifest of manifests) {
    goesOn?.()
    try {
      for (const node of parseManifests(manifest)) objects.push(...flatten(manifest, node))
    } catch (error) {
      if (!(error instanceof ManifestSyntaxError)) throw error
      problems.push({ file: manifest.file, ...error.position, message: error.message })
    }
  }
  return { objects, problems }
}

function flatten(manifest: ManifestText, node: ManifestNode, kindOfItems = ''): ManifestObject[] {
  const kind = textAt(node, 'kind') ?? kindOfItems
  // `List`, and what the API returns for a kind, such as `ConfigMapList`, whose items name no kind
  if (kind.endsWith('List') && nodeAt(node, 'items')?.kind === 'list') {
    return itemsAt(node, 'items').flatMap((item) => flatten(manifest, item, kind.slice(0, -'List'.length)))
  }
  const name = textAt(node, 'metadata', 'name') ?? ''
  return [{ manifest, kind, name, namespace: textAt(node, 'metadata', 'namespace'), node }]
}
