import type { FileEntry, Source } from '@hot-config/core'
import { readOptions, text, textOf } from '@hot-config/core/internal'

import { ApiSource } from './api-source.js'
import { resolveTarget } from '../connection/target.js'
import { entriesOf } from './entries.js'
import { CONNECTION, KEYS, START } from '../options.js'
import type { SelectorOptions } from '../options.js'
import type { HeldObject } from '../reflector/held-object.js'

const ORDER_ANNOTATION = 'hot-config/order'

const OPTIONS = {
  labelSelector: textOf('labels such as app=shop', /\S/).required,
  orderAnnotation: text(ORDER_ANNOTATION),
  keys: KEYS,
  ...START,
  ...CONNECTION,
} satisfies Record<keyof SelectorOptions, unknown>

/**
 * All ConfigMaps of the Kubernetes API with certain labels. They are merged in the order of an annotation, then of their
 * names; later ones override earlier ones. Needs the verbs `list` and `watch` on all ConfigMaps of the namespace: RBAC
 * knows no labels.
 *
 * @example
 * configMaps({ labelSelector: 'app=shop' })
 *
 * @throws {OptionError} for options that make no sense
 */
export function configMaps(options: SelectorOptions): Source {
  const { labelSelector, orderAnnotation, keys, required, startTimeoutMs, ...connection } = readOptions(
    options,
    OPTIONS,
  )
  const target = resolveTarget(connection)
  return new ApiSource({
    name: `configMaps:${target.namespace}/${labelSelector}`,
    target,
    start: { required, startTimeoutMs },
    selection: { kind: 'ConfigMap', namespace: target.namespace, select: { labels: labelSelector } },
    entriesOf: (objects) =>
      inOrder(objects, orderAnnotation).flatMap((object): FileEntry[] =>
        entriesOf(object, { keys, secret: false }).map((entry) => ({ ...entry, owner: object.name })),
      ),
  })
}

function inOrder(objects: readonly HeldObject[], annotation: string): HeldObject[] {
  const orderOf = ({ annotations }: HeldObject): number => Number(annotations[annotation]) || 0
  return [...objects].sort((a, b) => orderOf(a) - orderOf(b) || (a.name < b.name ? -1 : 1))
}
