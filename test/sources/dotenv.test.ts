import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHotConfig, dotenv, env } from '@hot-config/core'
import type { DotenvOptions, Schema } from '@hot-config/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

import { follow } from '../support/follow.ts'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dotenv-'))
  path = join(folder, '.env.local')
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

const VARIABLES = {
  DT_LOG__LEVEL: 'debug',
  DT_DB__MAX_IDLE_TIME: '3',
  DT_kept__As_Is: 'x',
  DATABASE_URL: 'pg://',
  DT_: 'y',
}
const text = Object.entries(VARIABLES)
  .map(([name, value]) => `${name}=${value}\n`)
  .join('')

const string = { type: 'string', default: '' }

/** Names that are no variables of the schema itself, as `env` of convict is. */
const UPPER_CASE: readonly { readonly library: string; readonly schema: Schema }[] = [
  {
    library: 'zod',
    schema: z.object({
      URL: z.string().default(''),
      PORT: z.coerce.number().default(80),
      db: z.object({ url: z.string().default('') }).prefault({}),
    }),
  },
  {
    library: 'JSON Schema',
    schema: {
      type: 'object',
      properties: {
        URL: string,
        PORT: { type: 'integer', default: 80 },
        db: { type: 'object', properties: { url: string }, default: {} },
      },
    },
  },
]

/** The same names as `env` of entries. */
const CONVICT = {
  url: { format: String, default: '', env: 'URL' },
  port: { format: 'port', default: 80, env: 'PORT' },
  db: { url: { format: String, default: '' } },
}

/** What `dotenv()` and `env()` read of the same variables. */
async function readBoth(
  schema: Schema,
  options: DotenvOptions,
  variables: Readonly<Record<string, string>>,
): Promise<unknown[]> {
  const given = Object.entries(variables)
  await writeFile(path, given.map(([name, value]) => `${name}=${value}\n`).join(''))
  await using ofFile = await createHotConfig({ schema, sources: dotenv(path, options), logger: false })
  for (const [name, value] of given) vi.stubEnv(name, value)
  await using ofEnvironment = await createHotConfig({ schema, sources: env(options), logger: false })
  return [ofFile.current, ofEnvironment.current]
}

describe('dotenv()', () => {
  it.each<DotenvOptions>([
    { prefix: 'DT_' },
    { prefix: 'DT_', separator: '_' },
    { map: { DATABASE_URL: 'db.url' } },
    { prefix: 'DT_', map: { DATABASE_URL: 'db.url', DT_LOG__LEVEL: 'level' } },
  ])('with %j reads what env() reads of the same variables', async (options) => {
    await writeFile(path, text)
    for (const [name, value] of Object.entries(VARIABLES)) vi.stubEnv(name, value)
    await using ofFile = await createHotConfig({ sources: dotenv(path, options), logger: false })
    await using ofEnvironment = await createHotConfig({ sources: env(options), logger: false })
    expect(ofFile.current).toEqual(ofEnvironment.current)
    expect(Object.keys(ofFile.current).length).toBeGreaterThan(0)
  })

  describe.each(UPPER_CASE)('with names in upper case in $library', ({ schema }) => {
    it.each<[options: DotenvOptions, variables: Record<string, string>, current: object]>([
      [{ prefix: 'DT_' }, { DT_PORT: '2' }, { PORT: 2 }],
      [{ prefix: 'DT_' }, { PORT: '1' }, { PORT: 80 }],
      [{ prefix: 'DT_' }, { DT_PORT: '2', PORT: '1' }, { PORT: 2 }],
      [{ prefix: 'DT_' }, { DT_URL: 'pg://' }, { URL: 'pg://' }],
      [{ map: { URL: 'db.url' } }, { URL: 'pg://' }, { db: { url: 'pg://' } }],
      [{ map: { URL: 'db.url' } }, { PORT: '1' }, { PORT: 80 }],
      [{ prefix: 'DT_', map: { DT_URL: 'db.url' } }, { DT_URL: 'pg://' }, { db: { url: 'pg://' } }],
    ])('reads by the rules of env(): %j, %j', async (options, variables, current) => {
      const wanted = { URL: '', PORT: 80, db: { url: '' }, ...current }
      expect(await readBoth(schema, options, variables)).toEqual([wanted, wanted])
    })
  })

  it('reads all variables without a prefix, whatever its file is called', async () => {
    const odd = join(folder, 'settings.txt')
    await writeFile(odd, 'LOG__LEVEL=debug\n# a comment\nexport MAX_SIZE="two\nlines"\n')
    await using config = await createHotConfig({ sources: dotenv(odd), logger: false })
    expect(config.current).toEqual({ log: { level: 'debug' }, maxSize: 'two\nlines' })
  })

  it('gives an entry of convict whose env is the name its value, whatever the prefix', async () => {
    await writeFile(path, 'DT_DATABASE_URL=pg://\nDT_PORT=1\nOTHER=2\n')
    const schema = {
      db: { url: { format: String, default: '', env: 'DT_DATABASE_URL' } },
      port: { format: 'port', default: 0 },
      other: { format: 'nat', default: 0, env: 'OTHER' },
    }
    await using config = await createHotConfig({ schema, sources: dotenv(path, { prefix: 'DT_' }), logger: false })
    expect(config.current).toEqual({ db: { url: 'pg://' }, port: 1, other: 2 })
  })

  it.each<[options: DotenvOptions, variables: Record<string, string>, current: object]>([
    [{ prefix: 'DT_' }, { DT_PORT: '2' }, { port: 2 }],
    [{ prefix: 'DT_' }, { DT_PORT: '2', PORT: '1' }, { port: 1 }],
    [{ map: { OTHER: 'db.url' } }, { OTHER: 'pg://', PORT: '1' }, { port: 1, db: { url: 'pg://' } }],
    [{ map: { URL: 'db.url' } }, { URL: 'pg://' }, { url: 'pg://', db: { url: 'pg://' } }],
    [{ prefix: 'DT_', map: { DT_PORT: 'db.url' } }, { DT_PORT: '2' }, { db: { url: '2' } }],
  ])('sets the entries of convict that env() and convict set together: %j, %j', async (options, variables, current) => {
    const wanted = { url: '', port: 80, db: { url: '' }, ...current }
    expect(await readBoth(CONVICT, options, variables)).toEqual([wanted, wanted])
  })

  it('is followed, and names its line', async () => {
    await writeFile(path, 'DT_PORT=1\n')
    const schema = z.object({ port: z.coerce.number() })
    await using followed = await follow(dotenv(path, { prefix: 'DT_' }), { schema, recheckMs: 3_600_000 })
    expect(followed.config.health().sources).toMatchObject([{ name: `dotenv:${path}` }])
    await writeFile(path, 'DT_PORT=2\n')
    await followed.serves({ port: 2 })
    await writeFile(path, '# broken\nDT_PORT=x\n')
    await followed.reports({ status: 'warn' })
    expect(followed.rejections.at(-1)?.issues).toMatchObject([
      { source: `dotenv:${path}`, file: '.env.local', line: 2, path: 'port' },
    ])
    await writeFile(path, 'DT_PORT=3\nnonsense\n')
    await followed.reports({ lastRejection: { issues: [{ file: '.env.local', line: 2 }] } })
    await writeFile(path, 'DT_PORT=3\n')
    await followed.serves({ port: 3 })
  })

  it('is read alike when it is so large that a worker parses it', async () => {
    const many = Array.from({ length: 5_000 }, (_, index) => `DT_MANY__KEY_${index}=${index}`)
    await writeFile(path, [...many, 'OTHER=1', 'DT_LAST=bad'].join('\n'))
    const rejectLast = (input: unknown): Record<string, unknown> => {
      const value = input as Record<string, unknown>
      if (value['last'] === 'bad') throw new Error('unused')
      return value
    }
    const schema = z.object({ many: z.record(z.string(), z.string()), last: z.literal('good') })
    const starting = createHotConfig({ schema, sources: dotenv(path, { prefix: 'DT_' }), logger: false })
    await expect(starting).rejects.toThrow(/\.env\.local:5002.* last: /)
    await writeFile(path, [...many, 'OTHER=1', 'DT_LAST=good'].join('\n'))
    await using config = await createHotConfig({
      schema: rejectLast,
      sources: dotenv(path, { prefix: 'DT_' }),
      logger: false,
    })
    expect(Object.keys(config.current)).toEqual(['last', 'many'])
    expect(config.current['many']).toMatchObject({ key0: '0', key4999: '4999' })
  })

  it('hides nothing as the environment does: what it gives can change', async () => {
    await writeFile(path, 'PORT=2\n')
    await writeFile(join(folder, 'app.yaml'), 'port: 1')
    await using config = await createHotConfig({ sources: [join(folder, 'app.yaml'), dotenv(path)], logger: false })
    expect(config.current).toEqual({ port: '2' })
    expect(config.health()).toMatchObject({ status: 'pass', pinnedByEnvironment: [] })
  })
})
