import { createHotConfig, env, file, values, volume, withFallback } from '@hot-config/core'
import type { Schema, Source } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { Type } from '@sinclair/typebox'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

import { ProgramFolder } from '../support/program.ts'
import { loadError } from '../support/load-error.ts'

/** One schema in every library: a number in the open, and a password. */
const SCHEMAS: Readonly<Record<string, Schema>> = {
  zod: z.object({ max: z.number(), password: z.string() }),
  valibot: v.object({ max: v.number(), password: v.string() }),
  arktype: type({ max: 'number', password: 'string' }),
  'JSON Schema': {
    type: 'object',
    required: ['max', 'password'],
    properties: { max: { type: 'number' }, password: { type: 'string' } },
  },
  TypeBox: Type.Object({ max: Type.Number(), password: Type.String() }),
  convict: {
    max: { format: Number, default: 1 },
    password: { format: String, default: null, env: 'MISSING_PASSWORD' },
  },
}

const MISSING = 'is not valid: no source has a value for it'

describe.each(Object.entries(SCHEMAS))('a start with a schema of %s', (_name, schema) => {
  const messages = async (held: Readonly<Record<string, unknown>>): Promise<(string | undefined)[]> => {
    const { issues } = await loadError(createHotConfig({ schema, sources: values(held), logger: false }))
    return issues.map(({ path, message }) => `${path}: ${message}`)
  }

  it('says that a secret is missing, and nothing about one that is there', async () => {
    expect(await messages({ max: 1 })).toEqual([`password: ${MISSING}`])
    expect(await messages({ max: 1, password: 774411 })).toEqual(['password: is not valid ([redacted])'])
  })

  it('says which source has no values, before what is missing for that reason', async () => {
    await using folder = new ProgramFolder()
    await folder.write({ 'empty/.keep': '', 'blank.yaml': '# nothing\n' })
    await using mount = await createConfigMapVolume()
    await mount.update({})
    const empty: readonly Source[] = [
      volume(`${folder.path}/empty`),
      volume(mount.path),
      file(`${folder.path}/blank.yaml`),
      withFallback(volume(mount.path), values({ max: 1, password: 'x' })),
    ]
    for (const source of empty) {
      const { issues, message } = await loadError(
        createHotConfig({ schema, sources: [source, values({ max: 1 })], logger: false }),
      )
      expect(issues[0]).toMatchObject({
        source: source.name,
        message: expect.stringMatching(/^holds no (?:keys|values)/),
      })
      expect(message).toContain(`${source.name}: holds no `)
      expect(issues.slice(1).map(({ path }) => path)).toEqual(['password'])
    }
  })

  it('says which source has no values only where a value is missing, and after a value that is wrong', async () => {
    await using mount = await createConfigMapVolume()
    await mount.update({})
    const pathsFor = async (held: Readonly<Record<string, unknown>>): Promise<(string | undefined)[]> => {
      const sources = [volume(mount.path), values(held)]
      const { issues } = await loadError(createHotConfig({ schema, sources, logger: false }))
      return issues.map(({ path }) => path)
    }
    expect(await pathsFor({ max: 'many', password: 'hunter22' })).toEqual(['max'])
    const paths = await pathsFor({ max: 'many' })
    expect(paths).toHaveLength(3)
    expect(paths).toContain('max')
    expect(paths.at(-1)).toBeUndefined()
  })

  it('says nothing of a source that may be empty', async () => {
    const sources = [file('/nonexistent.yaml', { required: false }), env({ prefix: 'NOBODY_' }), values({ max: 1 })]
    const { issues } = await loadError(createHotConfig({ schema, sources, logger: false }))
    expect(issues.map(({ path }) => path)).toEqual(['password'])
  })
})

it('a variable that convict rejects is no missing secret', async () => {
  vi.stubEnv('MISSING_PIN', 'hunter22')
  const schema = { pin: { format: 'nat', default: 0, env: 'MISSING_PIN', sensitive: true } }
  const { issues } = await loadError(createHotConfig({ schema, sources: values({}), logger: false }))
  vi.unstubAllEnvs()
  expect(issues.map(({ message }) => message)).toEqual(['is not valid ([redacted])'])
})

it('an update that misses a secret says so', async () => {
  await using mount = await createConfigMapVolume()
  await mount.update({ 'app.yaml': 'max: 1\npassword: hunter22' })
  const schema = z.object({ max: z.number(), password: z.string() })
  const config = await createHotConfig({ schema, sources: mount.path, logger: false })
  await mount.update({ 'app.yaml': 'max: 1' })
  await config.reload()
  expect(config.health().lastRejection?.issues).toMatchObject([{ path: 'password', message: MISSING }])
  await config.close()
})
