import { readFile } from 'node:fs/promises'
import type { Agent } from 'node:https'

import { KubernetesError } from '../kubernetes-error.js'

/** What authenticates one request, in both directions. */
export interface Credentials {
  readonly headers?: Readonly<Record<string, string>>
  readonly tls?: TlsSettings
  /** Carries the request in place of an agent of our own, such as through a proxy. */
  readonly agent?: Agent
}

/** The part of the TLS options of `node:https` that is used here. */
export interface TlsSettings {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly pfx?: string | Buffer
  readonly passphrase?: string
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

/** Where a token or certificates stand. */
export interface CredentialFile {
  readonly path: string
  /** Its absence is an error, not a reason to do without. */
  readonly required: boolean
}

/**
 * Reads token and certificates before every request. Requests are minutes apart, and the kubelet rotates the token about
 * once an hour; so there is nothing to gain by remembering them, and nothing that can be missed.
 */
export function fileCredentials(
  token: CredentialFile,
  ca: CredentialFile,
  insecureSkipTlsVerify: boolean,
): () => Promise<Credentials> {
  return async () => {
    const [bearer, certificates] = await Promise.all([
      read(token, 'token'),
      insecureSkipTlsVerify ? undefined : read(ca, 'CA certificates'),
    ])
    return {
      ...(bearer !== undefined && { headers: { authorization: `Bearer ${bearer.trim()}` } }),
      tls: {
        ...(certificates !== undefined && { ca: certificates }),
        ...(insecureSkipTlsVerify && { rejectUnauthorized: false }),
      },
    }
  }
}

async function read({ path, required }: CredentialFile, what: string): Promise<string | undefined> {
  try {
    const text = await readFile(path, 'utf8')
    if (text.trim() === '') throw Object.assign(new Error('it is empty'), { code: 'it is empty' })
    return text
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && !required) return undefined
    throw new KubernetesError('credentials', `the file with the ${what}, ${path}, can't be read: ${code}`)
  }
}
