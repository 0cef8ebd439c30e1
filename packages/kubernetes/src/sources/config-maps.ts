import type { FileEntry, Source } from '@hot-config/core'
import { FormatChoice, KeyChoice, cutText, readOptions, requiredKeys, text, textOf } from '@hot-config/core/internal'

import { ApiSource } from './api-source.js'
import { resolveTarget } from '../connection/target.js'
import { checkKeys, entriesOf } from './entries.js'
import { CONNECTION, START } from '../options.js'
import type { SelectorOptions } from '../options.js'
import type { HeldObject } from '../reflector/held-object.js'

const ORDER_ANNOTATION = 'hot-config/order'

/** How much of an annotation messages show, in characters. */
const MAX_SHOWN = 40

const OPTIONS = {
  labelSelector: textOf('labels such as app=shop', /\S/).required,
  orderAnnotation: text(ORDER_ANNOTATION),
  ...START,
  ...CONNECTION,
} satisfies Record<keyof SelectorOptions, unknown>

/**
 * All ConfigMaps with certain labels, read from the Kubernetes API. They are merged in the order of an annotation, then
 * by name, and later ones override earlier ones. Needs the verbs `list` and `watch` on all ConfigMaps of the namespace,
 * because RBAC does not support labels.
 *
 * @example
 * configMaps({ labelSelector: 'app=shop' })
 *
 * @throws {OptionError} for unknown or invalid options
 */
export function configMaps(options: SelectorOptions): Source {
  const { labelSelector, orderAnnotation, ...rest } = readOptions(options, OPTIONS)
  const { keys, ignore, required, formats, startTimeoutMs, ...connection } = rest
  const target = resolveTarget(connection)
  const choice = new KeyChoice(keys, ignore)
  const formatChoice = new FormatChoice(formats)
  return new ApiSource({
    name: `configMaps:${target.namespace}/${labelSelector}`,
    target,
    start: { isRequired: required !== false, timeoutMs: startTimeoutMs },
    selection: { kind: 'ConfigMap', namespace: target.namespace, select: { labels: labelSelector } },
    entriesOf: (objects) => {
      const entries = inOrder(objects, orderAnnotation).flatMap((object): FileEntry[] =>
        entriesOf(object, choice, formatChoice, false).map((entry) => ({ ...entry, owner: object.name })),
      )
      // `keys` only chooses keys here. A ConfigMap of the selection need not have all of them.
      checkKeys(requiredKeys([], required), choice, entries, objects)
      return entries
    },
    mistakesIn: (objects) => objects.flatMap((object) => mistakeIn(object, orderAnnotation) ?? []),
  })
}

function inOrder(objects: readonly HeldObject[], annotation: string): HeldObject[] {
  const orderOf = ({ annotations }: HeldObject): number => Number(annotations[annotation]) || 0
  return [...objects].sort((a, b) => orderOf(a) - orderOf(b) || (a.name < b.name ? -1 : 1))
}

function mistakeIn({ name, annotations }: HeldObject, annotation: string): string | undefined {
  const text = annotations[annotation]
  if (text === undefined || (text.trim() !== '' && !Number.isNaN(Number(text)))) return undefined
  const shown = JSON.stringify(cutText(text, MAX_SHOWN))
  return `the annotation ${annotation} of ConfigMap ${name} is ${shown}: expected a number such as "10"; it counts as 0`
}
