/** A ConfigMap or Secret of the API. */
export interface ApiObject {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly data?: Readonly<Record<string, string>> | null
  readonly binaryData?: Readonly<Record<string, string>> | null
  readonly immutable?: boolean
}

type Fields = Pick<ApiObject, 'data' | 'binaryData'>

/** Decodes the keys of an object of the API. */
export function keysOf(kind: string, { data, binaryData }: Fields): { key: string; bytes: Buffer }[] {
  const encoding = kind === 'Secret' ? 'base64' : 'utf8'
  return [
    ...Object.entries(data ?? {}).map(([key, text]) => ({ key, bytes: Buffer.from(text, encoding) })),
    ...Object.entries(binaryData ?? {}).map(([key, text]) => ({ key, bytes: Buffer.from(text, 'base64') })),
  ]
}
