import { UsageError } from '../usage-error.js'

/**
 * Chooses the namespace of an object of a manifest, as kubectl does.
 *
 * @param inManifest the namespace that the manifest names
 * @param named the namespace of the option
 * @param ofContext the namespace of the context or the pod
 * @throws {UsageError} when manifest and option name different ones
 */
export function namespaceOf(inManifest: string | undefined, named: string | undefined, ofContext: string): string {
  if (inManifest !== undefined && named !== undefined && inManifest !== named) {
    throw new UsageError(`-n ${named}: the manifest is for namespace ${inManifest}. Leave one of the two out`)
  }
  return named ?? inManifest ?? ofContext
}
