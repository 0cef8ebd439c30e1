/** The part of a ConfigMap or a Secret that is kept in memory. */
export interface HeldObject {
  readonly name: string
  /** Test doubles of the API server may leave it out. */
  readonly uid: string | undefined
  readonly version: string
  readonly immutable: boolean
  readonly annotations: Readonly<Record<string, string>>
  /** The bytes of each key. */
  readonly data: ReadonlyMap<string, Uint8Array>
}

/** The part of an object of the API server that is used here. In JSON of Kubernetes, `null` means absent. */
export interface ApiObject {
  readonly metadata: {
    readonly name: string
    readonly uid?: string | null
    readonly resourceVersion: string
    readonly annotations?: Readonly<Record<string, string>> | null
  }
  readonly immutable?: boolean | null
  readonly data?: Readonly<Record<string, string>> | null
  readonly binaryData?: Readonly<Record<string, string>> | null
}

/** Whether this is an object of the API: a proxy may send anything. */
export function isApiObject(value: unknown): value is ApiObject {
  const metadata = isRecord(value) && value['metadata']
  return (
    isRecord(metadata) &&
    ['name', 'resourceVersion'].every((name) => typeof metadata[name] === 'string') &&
    ['data', 'binaryData'].every((name) => isTexts((value as Record<string, unknown>)[name]))
  )
}

/** Copies from an object what is kept. The `data` of a ConfigMap is text, that of a Secret is base64. */
export function holdObject({ metadata, immutable, data, binaryData }: ApiObject, kind: Kind): HeldObject {
  const { name, uid, resourceVersion, annotations } = metadata
  const encoding = kind === 'Secret' ? 'base64' : 'utf8'
  return {
    name,
    uid: uid ?? undefined,
    version: resourceVersion,
    immutable: immutable ?? false,
    annotations: annotations ?? {},
    data: new Map([
      ...Object.entries(data ?? {}).map(([key, text]) => [key, Buffer.from(text, encoding)] as const),
      ...Object.entries(binaryData ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const),
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
