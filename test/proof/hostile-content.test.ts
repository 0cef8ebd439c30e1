import { describe, expect } from 'vitest'
import * as fc from 'fast-check'

import { changedGlobals, globalsNow } from '../support/globals.ts'
import { HostileRun } from '../support/hostile-run.ts'
import { HOSTILE_SCHEMAS } from '../support/hostile-schemas.ts'
import { FORMATS, hostileBytes } from '../support/hostile-texts.ts'
import { proof } from './proof.ts'

const KEYS = {
  json: 'a.json',
  yaml: 'a.yaml',
  toml: 'a.toml',
  dotenv: 'a.env',
  properties: 'a.properties',
  ini: 'a.ini',
  text: 'value',
}

const kinds = Object.entries(HOSTILE_SCHEMAS).flatMap(([name, schema]) => [
  { name, schema, isSecret: false },
  { name: `${name}, all secret`, schema, isSecret: true },
])

describe('whatever a file holds, it is data, kept exactly or rejected, and shows no secret', () => {
  for (const format of FORMATS) {
    proof(
      `hostile ${format} in every schema`,
      {
        proves: ['content-is-data', 'never-invalid', 'text-is-exact', 'secrets-stay-secret'],
        unit: 'texts',
        small: 150,
        large: 40_000,
      },
      async ({ size, seed, count }) => {
        const before = globalsNow()
        const runs = new Map<string, HostileRun>()
        for (const kind of kinds) runs.set(kind.name, await HostileRun.start(kind))
        const property = fc.asyncProperty(
          hostileBytes(format),
          fc.constantFrom(...runs.keys()),
          async (bytes, kind) => {
            count()
            await runs.get(kind)!.check({ bytes, key: KEYS[format] }, format)
          },
        )
        try {
          await fc.assert(property, { seed, numRuns: size })
        } finally {
          for (const run of runs.values()) await run[Symbol.asyncDispose]()
        }
        expect(changedGlobals(before)).toEqual([])
      },
    )
  }
})
