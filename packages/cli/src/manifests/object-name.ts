const NAME = /^(?=.{1,253}$)[a-z\d](?:[-a-z\d]*[a-z\d])?(?:\.[a-z\d](?:[-a-z\d]*[a-z\d])?)*$/

/** What is expected of the name of an object. */
export const EXPECTED_NAME = 'Kubernetes accepts lower-case letters, digits, - and .'

/** Whether the API server accepts a name for a ConfigMap or a Secret. */
export function isObjectName(text: string): boolean {
  return NAME.test(text)
}

/** How kubectl calls the kinds. */
const KINDS: ReadonlyMap<string, ConfigKind> = new Map([
  ['cm', 'ConfigMap'],
  ['configmap', 'ConfigMap'],
  ['configmaps', 'ConfigMap'],
  ['secret', 'Secret'],
  ['secrets', 'Secret'],
])

export type ConfigKind = 'ConfigMap' | 'Secret'

/** A name as an option has it: `shop` for an object of either kind, or `secret/shop`. */
export interface NamedObject {
  readonly kind: ConfigKind | undefined
  readonly name: string
}

/** @returns `undefined` for what begins with a folder, such as the path of a file */
export function namedObject(text: string): NamedObject | undefined {
  const [name = '', prefix, ...more] = text.split('/').toReversed()
  const kind = prefix === undefined ? undefined : KINDS.get(prefix)
  return more.length > 0 || (prefix !== undefined && kind === undefined) ? undefined : { kind, name }
}

/** Whether an object has the name that an option has. */
export function isCalled(object: { readonly kind: string; readonly name: string }, text: string): boolean {
  const named = namedObject(text)
  return named?.name === object.name && (named.kind ?? object.kind) === object.kind
}
