import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A key and a certificate for loopback that is its own CA. */
export interface Certificate {
  readonly key: string
  readonly cert: string
  /** For `caFile`. */
  readonly caFile: string
}

/** Makes a certificate in a folder. */
export function createCertificate(folder: string): Certificate {
  const [keyFile, caFile] = [join(folder, 'tls.key'), join(folder, 'tls.crt')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const subject = ['-subj', '/CN=loopback', '-addext', 'subjectAltName=IP:127.0.0.1']
  const files = ['-nodes', '-days', '2', '-keyout', keyFile, '-out', caFile]
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject, ...files], { stdio: 'ignore', timeout: 10_000 })
  return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(caFile, 'utf8'), caFile }
}
