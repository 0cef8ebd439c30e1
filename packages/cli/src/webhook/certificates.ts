import { createSecureContext } from 'node:tls'

import { ConfigError, createHotConfig, volume } from '@hot-config/core'
import type { HotConfig } from '@hot-config/core'

import { UsageError } from '../usage-error.js'

/** The certificate of the server, as a Secret of type kubernetes.io/tls has it. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** The keys of the Secret, as paths. */
interface TlsFiles {
  readonly tls: { readonly crt: string; readonly key: string }
}

/** A certificate that is followed on disk. A pair that does not fit together is not used, and the last one stays. */
export class Certificates implements AsyncDisposable {
  readonly #config: HotConfig<TlsFiles>

  private constructor(config: HotConfig<TlsFiles>) {
    this.#config = config
  }

  /** @throws {UsageError} when the folder has no valid certificate */
  static async follow(folder: string): Promise<Certificates> {
    const files = ['tls.crt', 'tls.key']
    const sources = volume(folder, {
      keys: files,
      required: files,
      formats: { 'tls.crt': 'text', 'tls.key': 'text' },
      secret: true,
    })
    try {
      return new Certificates(await createHotConfig({ schema: checkPair, sources }))
    } catch (error) {
      if (error instanceof ConfigError) throw new UsageError(`--cert-dir ${folder}: ${error.message}`)
      throw error
    }
  }

  get current(): Certificate {
    return certificateOf(this.#config.current)
  }

  onChange(listener: (certificate: Certificate) => void): void {
    this.#config.onChange(({ next }) => listener(certificateOf(next.value)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#config.close()
  }
}

function certificateOf({ tls }: TlsFiles): Certificate {
  return { cert: tls.crt, key: tls.key }
}

function checkPair(input: Record<string, unknown>): TlsFiles {
  const files = input as unknown as TlsFiles
  try {
    createSecureContext(certificateOf(files))
  } catch {
    // the reason of OpenSSL is a code, and may quote the file
    throw new Error('tls.crt and tls.key are not a certificate with its key in PEM')
  }
  return files
}
