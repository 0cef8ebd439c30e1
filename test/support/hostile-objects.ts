import { ConfigError, createHotConfig } from '@hot-config/core'
import type { ConvictSchema, Issue } from '@hot-config/core'
import * as fc from 'fast-check'

import { drivenSource } from './driven-source.ts'
import { hostileBytes } from './hostile-texts.ts'
import type { HostileFormat } from './hostile-texts.ts'

/** A schema that a file can hold as JSON. */
const OBJECT_SCHEMA = {
  port: { format: 'port', default: 1 },
  flag: { format: 'Boolean', default: false },
  log: { level: { format: ['info', 'debug'], default: 'info' } },
  vault: { it: { format: 'String', default: '', sensitive: true } },
  a: { format: 'Object', default: {} },
} as const satisfies ConvictSchema

export const OBJECT_SCHEMA_MODULE = `export default ${JSON.stringify(OBJECT_SCHEMA)}\n`

/** A ConfigMap or Secret, with the bytes of its keys. */
export interface HostileObject {
  readonly isSecret: boolean
  readonly keys: Readonly<Record<string, Buffer>>
}

const KEYS: Readonly<Record<string, HostileFormat>> = {
  'app.yaml': 'yaml',
  'app.yml': 'yaml',
  'b.json': 'json',
  'c.toml': 'toml',
  '.env.local': 'dotenv',
  'd.properties': 'properties',
  'e.ini': 'ini',
  'log.level': 'text',
  port: 'text',
  'server.conf': 'text',
  '.hidden': 'text',
}

const key = fc
  .constantFrom(...Object.keys(KEYS))
  .chain((name) => fc.tuple(fc.constant(name), hostileBytes(KEYS[name] ?? 'text')))

export const hostileObject: fc.Arbitrary<HostileObject> = fc.record({
  isSecret: fc.boolean(),
  keys: fc.array(key, { maxLength: 3 }).map((keys) => Object.fromEntries(keys)),
})

/** Whether a text survives as a text of an object: what is no UTF-8 has a place of its own, as base64. */
export function isText(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString('utf8')).equals(bytes)
}

/** What core itself says of an object: none when a service would start with it. */
export async function issuesOfCore({ isSecret, keys }: HostileObject): Promise<readonly Issue[]> {
  const entries = Object.entries(keys).map(([key, bytes]) => ({ key, bytes, secret: isSecret }))
  const sources = drivenSource(undefined, { reading: () => ({ entries }) })
  try {
    await using _config = await createHotConfig({ schema: OBJECT_SCHEMA, sources, logger: false, emptied: 'accept' })
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.issues
    throw error
  }
}
