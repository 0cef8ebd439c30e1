import type { FileEntry } from '@hot-config/core'
import { describeMissing } from '@hot-config/core/internal'
import type { FormatChoice, KeyChoice } from '@hot-config/core/internal'

import { KubernetesError } from '../kubernetes-error.js'
import type { HeldObject } from '../reflector/held-object.js'

/** Returns the chosen entries of an object. In a volume, they would be files. */
export function entriesOf(object: HeldObject, choice: KeyChoice, formats: FormatChoice, secret: boolean): FileEntry[] {
  return Array.from(object.data)
    .filter(([key]) => choice.takes(key))
    .map(([key, bytes]) => {
      const format = formats.formatOf(key)
      return { key, bytes, ...(secret && { secret }), ...(format !== undefined && { format }) }
    })
}

/** @throws {KubernetesError} when a required key is missing */
export function checkKeys(
  required: readonly string[],
  choice: KeyChoice,
  entries: readonly FileEntry[],
  objects: readonly HeldObject[],
): void {
  const keys = entries.map(({ key }) => key)
  const missing = describeMissing(required, choice, keys, () => objects.flatMap(({ data }) => Array.from(data.keys())))
  if (missing !== undefined) throw new KubernetesError('not-found', missing)
}
