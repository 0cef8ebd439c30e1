import type { Agent } from 'node:https'

import { codeOf, mayPass, messageOf, readBytes, tryAgain, withFile } from '@hot-config/core/internal'

import { KubernetesError } from '../kubernetes-error.js'
import { joined } from './joined.js'

/** What authenticates one request, in both directions. */
export interface Credentials {
  readonly headers?: Readonly<Record<string, string>>
  readonly tls?: TlsSettings
  /** Replaces the default agent, for example to connect through a proxy. */
  readonly agent?: Agent
}

/** The TLS options of `node:https` that are used here. */
export interface TlsSettings {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly pfx?: string | Buffer
  readonly passphrase?: string
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

/** A file with a token or with certificates. */
export interface CredentialFile {
  readonly path: string
  /** Whether it is an error that the file does not exist. */
  readonly required: boolean
}

/** The size limit of a file. A token has a few KiB, and the certificates of all public CAs have a few hundred. */
const MAX_BYTES = 4 * 1024 * 1024

/** The code of our own error for a file without content: whoever writes the file may have just begun. */
const EMPTY = 'EMPTY'

/**
 * How long one reading of a file on a dead mount is waited for, in milliseconds. Each reading that hangs holds a
 * thread.
 */
const ABANDON_MS = 300_000

/**
 * Reads token and certificates before every request. Requests are minutes apart, and the kubelet rotates the token
 * about once an hour. So there is nothing to gain by remembering them, and no rotation can be missed.
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
    return await tryAgain(readerOf(path), (error) => codeOf(error) === EMPTY || mayPass(error))
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' && !required) return undefined
    const reason = code === undefined || code === EMPTY ? messageOf(error) : code
    const message = `the file with the ${what}, ${path}, can't be read: ${reason}`
    throw new KubernetesError('credentials', message, { isPermanent: true })
  }
}

/** Shared by all sources of the process, because most of them read the same files. */
const readers = new Map<string, () => Promise<string>>()

function readerOf(path: string): () => Promise<string> {
  const known = readers.get(path)
  if (known) return known
  const reader = joined(() => readText(path), ABANDON_MS)
  readers.set(path, reader)
  return reader
}

async function readText(path: string): Promise<string> {
  const bytes = await withFile(path, MAX_BYTES, (handle, stats) => readBytes(handle, stats, MAX_BYTES))
  const text = Buffer.from(bytes).toString('utf8')
  if (text.trim() === '') throw Object.assign(new Error('it is empty'), { code: EMPTY })
  return text
}
