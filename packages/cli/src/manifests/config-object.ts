import type { Position } from './line-index.js'
import { nodeAt, textAt } from './node.js'
import type { MapEntry, ScalarNode } from './node.js'
import { EXPECTED_NAME, isObjectName } from './object-name.js'
import type { ConfigKind } from './object-name.js'
import type { ManifestObject, ManifestProblem } from './objects.js'
import { positionIn } from './text-position.js'

/** A key of a ConfigMap or Secret, with its content. */
interface ConfigKey {
  readonly key: string
  readonly bytes: Uint8Array
  readonly keyOffset: number
  /** The text in the manifest, when it is the content itself and not base64. */
  readonly node: ScalarNode | undefined
}

/** A ConfigMap or Secret of a manifest. */
export interface ConfigObject extends ManifestObject {
  readonly kind: ConfigKind
  readonly keys: readonly ConfigKey[]
  readonly isImmutable: boolean
}

/** What the API server accepts. */
const KEY = /^(?!\.$|\.\.)[-._a-zA-Z\d]{1,253}$/
const MAX_BYTES = 2 ** 20

/** Numbers and booleans that Kubernetes writes as they are. Others become another key: `1.10` is `1.1`, `y` is `true`. */
const SAME_AS_TEXT = /^(?:0|[1-9]\d{0,17}|(?:0|[1-9]\d{0,9})\.\d{0,4}[1-9]|true|false)$/

const BASE64 = /^[A-Za-z\d+/]*={0,2}$/

/** Where the content is, by kind. Later fields override earlier ones, as the API server merges them. */
const FIELDS = {
  ConfigMap: [
    ['data', false],
    ['binaryData', true],
  ],
  Secret: [
    ['data', true],
    ['stringData', false],
  ],
} as const

/** Where text is, by kind. */
const FIELD_OF_TEXT = { ConfigMap: 'data', Secret: 'stringData' } as const

export function isConfigObject({ kind }: ManifestObject): boolean {
  return kind === 'ConfigMap' || kind === 'Secret'
}

/** Reads the keys of a ConfigMap or Secret. */
export function configObjectOf(object: ManifestObject): { object: ConfigObject; problems: ManifestProblem[] } {
  const kind = object.kind as ConfigObject['kind']
  const keys = new Map<string, ConfigKey>()
  const problems: ManifestProblem[] = []
  const { file, lines } = object.manifest
  const report = (offset: number, message: string): void => {
    problems.push({ file, ...lines.positionAt(offset), message })
  }
  const problemOfName = nameProblemOf(object)
  if (problemOfName !== undefined) report(object.node.offset, problemOfName)
  for (const [field, isBase64] of FIELDS[kind]) {
    const data = nodeAt(object.node, field)
    if (!data || (data.kind === 'scalar' && data.isNull)) continue
    if (data.kind !== 'map') {
      report(data.offset, `${field} must be a mapping from keys to texts`)
      continue
    }
    for (const [key, entry] of data.entries) {
      const read = contentOf(kind, key, entry, isBase64)
      if (typeof read === 'string') report(entry.keyOffset, `${field}.${key} ${read}`)
      else if (kind === 'ConfigMap' && keys.has(key)) report(entry.keyOffset, `${field}.${key} is in data as well`)
      else keys.set(key, read)
    }
  }
  const bytes = Array.from(keys.values()).reduce((sum, each) => sum + each.bytes.length, 0)
  if (bytes > MAX_BYTES) {
    report(object.node.offset, `has ${bytes} bytes, and Kubernetes accepts at most ${MAX_BYTES}: split it`)
  }
  const isImmutable = textAt(object.node, 'immutable') === 'true'
  return { object: { ...object, kind, keys: Array.from(keys.values()), isImmutable }, problems }
}

function nameProblemOf({ name, node }: ManifestObject): string | undefined {
  const written = nodeAt(node, 'metadata', 'name')
  if (written?.kind === 'scalar' && !written.isNull && !written.isText) {
    return 'metadata.name must be text, and Kubernetes reads it as a number or a boolean: quote it'
  }
  if (name === '') {
    const isGenerated = textAt(node, 'metadata', 'generateName') !== undefined
    return isGenerated ? undefined : 'has no name: write metadata.name'
  }
  return isObjectName(name) ? undefined : `metadata.name is no valid name: ${EXPECTED_NAME}`
}

/** Returns the content of a key, or what is wrong with it. */
function contentOf(
  kind: ConfigObject['kind'],
  key: string,
  { keyOffset, isTextKey, value }: MapEntry,
  isBase64: boolean,
): ConfigKey | string {
  if (!KEY.test(key)) return 'is no valid key: Kubernetes accepts letters, digits, -, _ and ., and not .. at the start'
  if (!isTextKey && !SAME_AS_TEXT.test(key)) {
    return 'is another key for Kubernetes, which reads it as a number, a boolean or nothing: quote it'
  }
  if (value.kind !== 'scalar') return 'must be text, not a mapping or a list: write it as a block of text with |'
  if (!value.isText && !value.isNull) return 'must be text, and Kubernetes reads it as a number or a boolean: quote it'
  const text = value.isNull ? '' : value.text
  if (!isBase64) return { key, bytes: Buffer.from(text), keyOffset, node: value }
  if (!isBase64Text(text)) return `must be base64; text belongs below ${FIELD_OF_TEXT[kind]}`
  return { key, bytes: Buffer.from(text, 'base64'), keyOffset, node: undefined }
}

/** As the API server reads it: line ends do not count, but blanks and a missing `=` do. */
function isBase64Text(text: string): boolean {
  const digits = text.replace(/[\r\n]/g, '')
  return digits.length % 4 === 0 && BASE64.test(digits)
}

/** The place of a problem: within the text of a key, at the key, or at the object. */
export function placeOf(object: ConfigObject, place: { key?: string; line?: number; column?: number }): Position {
  const { manifest } = object
  const key = object.keys.find((each) => each.key === place.key)
  if (!key) return manifest.lines.positionAt(offsetOfData(object))
  const { node, keyOffset } = key
  if (node && place.line !== undefined) return positionIn(manifest, node, place.line, place.column)
  return manifest.lines.positionAt(keyOffset)
}

function offsetOfData({ node, kind }: ConfigObject): number {
  const entries = node.kind === 'map' ? node.entries : undefined
  const found = FIELDS[kind].map(([field]) => entries?.get(field)?.keyOffset).find((offset) => offset !== undefined)
  return found ?? entries?.get('metadata')?.keyOffset ?? node.offset
}
