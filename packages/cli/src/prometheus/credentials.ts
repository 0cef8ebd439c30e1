import { readFile } from 'node:fs/promises'

import { UsageError } from '../usage-error.js'

/** The environment variable with the credentials. */
const VARIABLE = 'HOT_CONFIG_PROMETHEUS_AUTH'

/** How to give credentials, for messages. */
export const HOW_TO_AUTHENTICATE: string = `set ${VARIABLE} or --prometheus-auth-file to a bearer token, or to USER:PASSWORD`

/**
 * Reads the header `authorization`: from a file, else from the environment. What has a colon is a user with a password,
 * since no token has one.
 *
 * @throws {UsageError} when they can't be read. The message never quotes them
 */
export async function authorizationOf(file: string | undefined): Promise<string | undefined> {
  const text = (file === undefined ? process.env[VARIABLE] : await readAuth(file))?.trim()
  if (file === undefined && !text) return undefined
  const place = file ?? VARIABLE
  if (!text) throw new UsageError(`${place} is empty: it has a bearer token, or USER:PASSWORD`)
  // a header has neither
  if (/[^\x20-\x7e]/.test(text) && !text.includes(':')) {
    throw new UsageError(`${place} is no bearer token: it has one line of ASCII text, or USER:PASSWORD`)
  }
  return text.includes(':') ? `Basic ${Buffer.from(text).toString('base64')}` : `Bearer ${text}`
}

async function readAuth(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${file} can't be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}
