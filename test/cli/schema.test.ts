import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { coveredBySchema, formWithoutSecrets } from '@hot-config/core/internal'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'

import { CliFolder, runCli } from '../support/cli.ts'

const CONVICT = `export default {
  port: { doc: 'Where it listens', format: 'port', default: 8080, env: 'PORT' },
  log: { level: { format: ['info', 'debug'], default: 'info' }, 'with space': { format: Boolean, default: true } },
  url: { doc: 'Two\\nlines', format: String, default: null },
  keys: { token: { format: String, default: '', sensitive: true } },
  list: { format: Array, default: [1, { a: 'b | c' }] },
}`
const ZOD = `import { z } from 'zod'
export default z.object({
  port: z.int().min(1).default(8080).describe('Where it listens'),
  log: z.object({ level: z.enum(['info', 'debug']).default('info') }).prefault({}),
  url: z.url().optional(),
  token: z.string().default('x').meta({ sensitive: true }),
})`
const JSON_SCHEMA = JSON.stringify({
  type: 'object',
  required: ['url'],
  properties: {
    url: { $ref: '#/$defs/url' },
    log: { type: 'object', properties: { level: { type: 'string', default: 'info' } } },
  },
  $defs: { url: { type: 'string', format: 'uri', description: 'From here' } },
})

/** Each has the value `shown` in the open, and `hidden` where a rule says that it is a secret. */
const WITH_SECRETS = {
  'a name of convict': `export default {
    open: 'shown', password: 'hidden', db: { apiKey: 'hidden', clientSecret: { format: String, default: 'hidden' } },
    pin: { format: String, default: 'hidden', sensitive: true },
    list: { format: Array, default: [{ token: 'hidden' }] },
    passphrases: { format: String, default: 'shown', sensitive: false },
  }`,
  'a name or a mark of zod': `import { z } from 'zod'
  export default z.object({
    open: z.string().default('shown'),
    password: z.string().default('hidden'),
    credential: z.object({ user: z.string().default('hidden') }).prefault({}),
    vault: z.object({ pin: z.string().default('hidden') }).prefault({}).meta({ sensitive: true }),
    moved: z.string().default('hidden').transform((text) => text.length).meta({ sensitive: true }),
    list: z.array(z.object({ token: z.string() })).default([{ token: 'hidden' }]),
    map: z.record(z.string(), z.object({ pin: z.string().meta({ sensitive: true }) })).default({ a: { pin: 'hidden' } }),
    passphrases: z.string().default('shown').meta({ sensitive: false }),
  })`,
  'a name or a mark of JSON Schema': `export default {
    type: 'object',
    properties: {
      open: { type: 'string', default: 'shown' },
      password: { type: 'string', default: 'hidden' },
      a: { type: 'string', default: 'hidden', writeOnly: true },
      b: { type: 'string', default: 'hidden', format: 'password' },
      c: { type: 'string', default: 'hidden', sensitive: true },
      d: { type: 'string', default: 'hidden', 'x-sensitive': true },
      e: { $ref: '#/$defs/pin' },
      f: { type: 'object', writeOnly: true, properties: { pin: { default: 'hidden', examples: ['hidden'] } } },
      g: { type: 'object', default: { pin: 'hidden' }, properties: { pin: { $ref: '#/$defs/pin' } } },
      passphrases: { type: 'string', default: 'shown', sensitive: false },
    },
    $defs: { pin: { type: 'string', default: 'hidden', writeOnly: true } },
  }`,
}

const SCHEMAS = { 'convict.mjs': CONVICT, 'zod.mjs': ZOD, 'schema.json': JSON_SCHEMA }

/** Runs a command on one of the schemas, in a folder that has the libraries of the tests. */
async function withSchemas(use: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(fileURLToPath(new URL('../.example-cli-', import.meta.url)))
  try {
    for (const [name, text] of Object.entries(SCHEMAS)) await writeFile(join(path, name), text)
    await use(path)
  } finally {
    await rm(path, { recursive: true })
  }
}

describe('hot-config schema', () => {
  it.each([
    ['convict.mjs', { port: 8080, log: { level: 'info', 'with space': true }, list: [1, { a: 'b | c' }] }],
    ['zod.mjs', { port: 8080, log: { level: 'info' } }],
    ['schema.json', { log: { level: 'info' } }],
  ])('writes a ConfigMap with the defaults and without secrets, for %s', async (schema, expected) => {
    await withSchemas(async (path) => {
      const { stdout } = await runCli(['schema', '--schema', join(path, schema), '--name', 'shop'])
      const manifest = load(stdout) as { metadata: object; data: { 'app.yaml': string } }
      expect(manifest.metadata).toEqual({ name: 'shop' })
      expect(load(manifest.data['app.yaml'])).toEqual(expected)
      if (schema === 'convict.mjs') {
        expect(stdout).toContain('    # Where it listens\n    # integer, at least 0, at most 65535\n    port: 8080\n')
        expect(stdout).toContain('    # Two\n    # lines\n    # required: string\n    # url:\n')
      }
      // no more than what is required is missing
      const result = await runCli(['validate', '--schema', join(path, schema), '--json', '-'], { input: stdout })
      const { findings } = JSON.parse(result.stdout) as { findings: { level: string; path?: string }[] }
      const problems = findings.filter(({ level }) => level !== 'note')
      expect(problems.map((finding) => finding.path ?? '')).toEqual(schema === 'zod.mjs' ? [] : ['url'])
    })
  })

  it.each(Object.keys(SCHEMAS))('writes a table and a JSON Schema, for %s', async (schema) => {
    await withSchemas(async (path) => {
      const [table, form] = await Promise.all(
        ['markdown', 'json-schema'].map((to) => runCli(['schema', '--schema', join(path, schema), '--to', to])),
      )
      expect(table?.stdout).toMatch(/^\| `log\.level` +\| .* \| `"info"` \|/m)
      const widths = table?.stdout
        .trim()
        .split('\n')
        .map((line) => line.replaceAll('\\|', '').split('|').length)
      expect(new Set(widths).size).toBe(1)
      expect(JSON.parse(form?.stdout ?? '')).toMatchObject({
        properties: { log: { properties: { level: { default: 'info' } } } },
      })
      // it is a schema itself
      await writeFile(join(path, 'form.json'), form?.stdout ?? '')
      const input = 'kind: ConfigMap\nmetadata: { name: a }\ndata:\n  app.yaml: "log: { level: 1 }"\n'
      const result = await runCli(['validate', '--schema', join(path, 'form.json'), '-'], { input })
      expect(result.stdout).toMatch(/^stdin:4:\d+ log\.level /m)
    })
  })

  it.each(Object.entries(WITH_SECRETS))('leaves out the default of a secret, by %s', async (_rule, text) => {
    await withSchemas(async (path) => {
      const file = join(path, 'secrets.mjs')
      await writeFile(file, text)
      for (const to of ['configmap', 'markdown', 'json-schema']) {
        const { code, stdout } = await runCli(['schema', '--schema', file, '--to', to])
        expect([code, stdout.match(/shown/g)]).toEqual([0, ['shown', 'shown']])
        expect(stdout).not.toContain('hidden')
        if (to !== 'json-schema') expect(stdout).toMatch(/\bsecret\b/)
      }
    })
  })

  it('leaves out the defaults of secrets in definitions that contain themselves', async () => {
    const below = { $ref: '#/$defs/tree' }
    const tree = {
      type: 'object',
      properties: {
        pin: { type: 'string', default: 'hidden', writeOnly: true },
        open: { type: 'string', default: 'shown' },
        default: below,
        ...Object.fromEntries(['a', 'b', 'c'].map((name) => [name, below])),
      },
    }
    const covered = coveredBySchema({ type: 'object' }, { $defs: { tree }, ...below })
    const form = JSON.stringify(formWithoutSecrets({ $defs: { tree }, ...below }, covered))
    expect(form).toBe(JSON.stringify({ $defs: { tree }, ...below }).replace('"default":"hidden",', ''))
  })

  it('says what to do about a schema that does not tell what it accepts', async () => {
    await using folder = await CliFolder.create({ 'config.mjs': 'export default (input) => input' })
    const { code, stderr } = await folder.run(['schema', '--schema', 'config.mjs'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('a function does not tell what it accepts')])
  })
})
