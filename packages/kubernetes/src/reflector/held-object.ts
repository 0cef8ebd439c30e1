/** The part of a ConfigMap or a Secret that is kept in memory. */
export interface HeldObject {
  readonly name: string
  readonly uid: string
  readonly version: string
  readonly immutable: boolean
  readonly annotations: Readonly<Record<string, string>>
  /** The bytes of each key. */
  readonly data: ReadonlyMap<string, Uint8Array>
}

/** The part of an object of the API server that is used here. */
export interface ApiObject {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly immutable?: boolean
  readonly data?: Readonly<Record<string, string>>
  readonly binaryData?: Readonly<Record<string, string>>
}

/** Whether this is an object of the API: a proxy may send anything. */
export function isApiObject(value: unknown): value is ApiObject {
  const metadata = isRecord(value) && value['metadata']
  return (
    isRecord(metadata) &&
    ['name', 'uid', 'resourceVersion'].every((name) => typeof metadata[name] === 'string') &&
    ['data', 'binaryData'].every((name) => isTexts((value as Record<string, unknown>)[name]))
  )
}

/** Copies from an object what is kept. The `data` of a ConfigMap is text, that of a Secret is base64. */
export function holdObject(
  { metadata, immutable = false, data = {}, binaryData = {} }: ApiObject,
  kind: Kind,
): HeldObject {
  const { name, uid, resourceVersion, annotations = {} } = metadata
  const encoding = kind === 'Secret' ? 'base64' : 'utf8'
  return {
    name,
    uid,
    version: resourceVersion,
    immutable,
    annotations,
    data: new Map([
      ...Object.entries(data).map(([key, text]) => [key, Buffer.from(text, encoding)] as const),
      ...Object.entries(binaryData).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const),
    ]),
  }
}

export type Kind = 'ConfigMap' | 'Secret'

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isTexts(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    (isRecord(value) && Object.values(value).every((text) => typeof text === 'string'))
  )
}
