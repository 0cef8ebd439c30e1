import { createHotConfig, file, volume } from '@hot-config/core'
import type { HotConfig, HotConfigOptions, Schema } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { drivenSource, fileEntries } from '../support/driven-source.ts'
import { loadError } from '../support/load-error.ts'
import { outwardText } from '../support/outward.ts'
import { recordingLogger } from '../support/recording-logger.ts'

const start = (key: string, text: string, options: HotConfigOptions = {}): Promise<HotConfig<unknown>> =>
  createHotConfig({
    logger: false,
    sources: drivenSource<string>(text, {
      reading: (held) => ({ entries: fileEntries({ [key]: held }), canIgnore: true }),
    }),
    ...options,
  })

async function warningsFor(key: string, text: string, options: HotConfigOptions = {}): Promise<readonly string[]> {
  await using config = await start(key, text, options)
  return config.health().sources[0]?.warnings ?? []
}

const NGINX = 'worker_processes 1;\nserver {\n  listen 8443 ssl;\n  location /api/ { proxy_pass http://shop; }\n}\n'
const HOCON = 'shop-worker {\n  http.port = 9400\n  queues = ["mail", "invoice"]\n}\n'
const PEM = '-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nA: b\nMIIB=\n-----END CERTIFICATE-----\n'

describe('a program', () => {
  const PROGRAM = 'module.exports = { port: 1,\n  host: 2 }\n'

  it.each(['default.js', 'default.cjs', 'default.mjs', 'default.ts', 'default.mts', 'DEFAULT.JS'])(
    'that is named as a file of configuration is a warning, with what to write: %s',
    async (key) => {
      await using folder = await createConfigMapVolume()
      await folder.update({ [key]: PROGRAM })
      const path = `${folder.path}/${key}`
      await using config = await createHotConfig({ sources: file(path), logger: false })
      const { status, sources } = config.health()
      expect([status, ...(sources[0]?.warnings ?? [])]).toEqual([
        'warn',
        `${key} ${key}: is read as one text, because programs are not run: ` +
          `write values(require('./${key}')), or format: 'text'`,
      ])
      await using text = await createHotConfig({ sources: file(path, { format: 'text' }), logger: false })
      expect(text.health()).toMatchObject({ status: 'pass', sources: [{ warnings: [] }] })
    },
  )

  it('among the keys of a volume is a text', async () => {
    expect(await warningsFor('startup.js', PROGRAM)).toEqual([])
  })
})

describe('a warning names a file that looks like a document and is one text', () => {
  it.each<[key: string, text: string, format: string]>([
    ['app.ymal', 'port: 1\n', 'yaml'],
    ['app.yamll', 'port: 1\nhost: x\n', 'yaml'],
    ['app.jsn', '{"port": 1}', 'json'],
    ['app.yaml.bak', 'port: 1\n', 'yaml'],
    ['config.yaml.tmpl', 'port: {{ .port }}\n', 'yaml'],
    ['app.properties.old', 'a.b=1\n', 'properties'],
    ['app.env.production', 'A=1\n', 'dotenv'],
    ['env.production', 'MONGO_URI=mongodb://app@db\n', 'dotenv'],
    ['env', 'PORT=3000', 'dotenv'],
    ['sub/settings.cfg', '[http]\nport = 3000\n', 'ini'],
    ['relay.conf', '; a comment\n[http]\nport = 3000\n', 'ini'],
    ['application.config', 'a = 1\nb = 2\n', 'properties'],
    ['config', 'port: 3000\nhost: x\n', 'yaml'],
    ['settings', '# comment\n\nlist:\n  - a: 1\n    b: 2\n', 'yaml'],
    ['database-config', 'export USERNAME="app"\n', 'dotenv'],
    ['vars', 'A=1\nB=2\n', 'dotenv'],
    ['config', 'port: 3000', 'yaml'],
    ['config', '# comment\n\nPORT: 3000\n', 'yaml'],
    ['config', 'hosts: [a, b]\n', 'yaml'],
    ['config', 'greeting: "hello there"\n', 'yaml'],
    ['config', '{port: 3000}', 'yaml'],
    ['config', '{"port": 3000}\n', 'json'],
    ['sub/config', '{"a": {"b": [1, 2]}}', 'json'],
    ['config', 'PORT=3000', 'dotenv'],
    ['config', "export PORT='3 000'", 'dotenv'],
    ['config', 'server.port = 3000', 'properties'],
    ['data', '{\n  "a": 1,\n  "b": [\n    2\n  ]\n}\n', 'json'],
  ])('and says what it probably is: %s %j', async (key, text, format) => {
    const path = key.replace('/', '.')
    expect(await warningsFor(key, text)).toEqual([
      `${key} ${path}: is read as one text, but looks like a document: name its format with ` +
        `formats: { '${key}': '${format}' }, or 'text' if it is one, or leave it out with ignore: ['${key}']`,
    ])
  })

  it.each([
    ['nginx.conf', NGINX],
    ['nginx', NGINX],
    ['nginx.conf', 'daemon off;'],
    ['application.conf', HOCON],
    ['application.hocon', HOCON],
    ['log4j.xml', '<configuration/>'],
  ])('or that it may be one: %s %j', async (key, text) => {
    expect(await warningsFor(key, text)).toEqual([
      `${key} ${key}: is read as one text, but looks like a document: name its format with ` +
        `formats: { '${key}': 'text' } if it is one, or leave it out with ignore: ['${key}']`,
    ])
  })

  it.each([
    ['app.jsonc', '{"port": 1} // x'],
    ['app.json5', '{port: 1}'],
  ])('or that it needs a format of the program: %s', async (key, text) => {
    expect(await warningsFor(key, text)).toEqual([
      `${key} ${key}: is read as one text, but looks like a document: name its format with ` +
        `formats: { '${key}': json5 }, a format of your own, or 'text' if it is one, or leave it out with ignore: ['${key}']`,
    ])
  })

  it.each([
    ['port: 3000', 'yaml'],
    ['{"port": 3000}', 'json'],
    ['PORT=3000', 'dotenv'],
  ])('in a single file of one line: %s', async (text, format) => {
    await using mounted = await createConfigMapVolume()
    await mounted.update({ config: text })
    await using config = await createHotConfig({ logger: false, sources: file(`${mounted.path}/config`) })
    expect(config.health()).toMatchObject({
      status: 'warn',
      sources: [{ warnings: [expect.stringContaining(`name its format with format: '${format}'`)] }],
    })
  })

  it('by the option of a single file', async () => {
    await using mounted = await createConfigMapVolume()
    await mounted.update({ 'database-config': 'export A=1\nexport B=2\n' })
    await using config = await createHotConfig({ logger: false, sources: file(`${mounted.path}/database-config`) })
    expect(config.health().sources[0]?.warnings).toEqual([
      "database-config database-config: is read as one text, but looks like a document: name its format with format: 'dotenv', or 'text' if it is one",
    ])
  })
})

describe('no warning is about', () => {
  it.each([
    ['log.level', 'debug\n'],
    ['server.json.limit', '1mb'],
    ['kafka.config', 'prod'],
    ['env.name', 'production'],
    ['env', 'production\n'],
    ['greeting', 'Note: this is a text\nof two lines\n'],
    ['motd', 'Dear all:\n\nthis is a letter, with a colon: there.\nIt goes on for a while.\nBye\n'],
    ['list', 'a\nb\nc\n'],
    ['hosts', '127.0.0.1 localhost\n10.0.0.1 db\n'],
    ['tls.crt', PEM],
    ['ca.pem', `${PEM}${PEM}`],
    ['start.sh', '#!/bin/sh\nA=1\nB=2\n'],
    ['query', 'select *\nfrom orders\nwhere id = 1;\n'],
    ['greeting', 'Note: hello'],
    ['motto', 'first: do no harm'],
    ['header', 'X-Request-Id: abc'],
    ['time', '12: 30'],
    ['pattern', '{level}: {message}'],
    ['ORIGINS', '["a"]'],
    ['origins', '["a", "b"]'],
    ['FEATURES', '{"beta": true}'],
    ['JAVA_OPTS', 'a=b'],
    ['options', '-Xmx1g -Da=b'],
    ['dsn', 'host=db port=5432'],
    ['dsn', 'Server=db,1433;User=app'],
    ['server.options', '{"a": 1}'],
    ['token', 'eyJhbGciOiJIUzI1NiJ9.e30.abc'],
    ['url', 'postgres://user:x@host/db?a=b'],
    ['app.yaml', 'a: 1\nb: 2\n'],
    ['nginx.conf', '# nothing yet\n\n'],
  ])('one value: %s %j', async (key, text) => {
    expect(await warningsFor(key, text)).toEqual([])
  })

  it('a file whose format the source says', async () => {
    await using mounted = await createConfigMapVolume()
    await mounted.update({ 'nginx.conf': NGINX, 'a.conf': 'a=1\nb=2' })
    const formats = { 'nginx.conf': 'text', '*.conf': 'properties' } as const
    await using config = await createHotConfig({ logger: false, sources: volume(mounted.path, { formats }) })
    expect(config.current).toEqual({ a: '1', b: '2', nginx: { conf: NGINX.trimEnd() } })
    expect(config.health()).toMatchObject({ status: 'pass', sources: [{ warnings: [] }] })
  })

  const text = 'a: 1\nb: 2\n'
  const entry = { format: String, default: '' }

  it.each<[what: string, key: string, schema: Schema]>([
    ['convict, by the name of a variable', 'HOSTS_FILE', { server: { hosts: { ...entry, env: 'HOSTS_FILE' } } }],
    ['convict, by its path', 'nginx.conf', { nginx: { conf: entry } }],
    ['zod', 'nginx.conf', z.object({ nginx: z.object({ conf: z.string() }) })],
    ['zod, in a record', 'templates.mail', z.object({ templates: z.record(z.string(), z.string()) })],
    ['zod, optional', 'config', z.object({ config: z.string().optional() })],
    ['JSON Schema', 'config', { type: 'object', properties: { config: { type: 'string' } } }],
  ])('a text that the schema has a value for: %s', async (_what, key, schema) => {
    await using config = await start(key, text, { schema })
    expect(config.health()).toMatchObject({ status: 'pass', sources: [{ warnings: [] }] })
    expect(JSON.stringify(config.current)).toContain(JSON.stringify(text.trimEnd()))
  })

  it.each<[what: string, key: string, schema: Schema]>([
    ['an object that may hold anything', 'app.ymal', z.looseObject({ port: z.number().default(1) })],
    ['an object', 'app.ymal', z.object({ port: z.number().default(1) })],
    ['a function', 'app.ymal', (input: unknown) => input],
  ])('a text that it only accepts, unlike: %s', async (_what, key, schema) => {
    const warnings = await warningsFor(key, text, { schema })
    expect(warnings.filter((warning) => warning.includes('looks like a document'))).toHaveLength(1)
  })
})

const DOTENV = 'REDIS_HOST=redis\nMONGO_URI=mongodb://shop:Tr0ub4dor@mongo/shop\n'

describe('a file that looks like a document and is one text', () => {
  it('is one value, is served, and warns in health and log', async () => {
    const logger = recordingLogger()
    await using config = await start('prod.env.bak', DOTENV, { logger })
    expect(config.current).toEqual({ prod: { env: { bak: DOTENV.trimEnd() } } })
    expect(config.health()).toMatchObject({ status: 'warn' })
    expect(logger.at('warn').filter(({ message }) => message.includes('prod.env.bak'))).toHaveLength(1)
  })

  it('is shown nowhere, since paths to redact name what is in it', async () => {
    const logger = recordingLogger()
    const source = drivenSource<string>(DOTENV, {
      reading: (held) => ({ entries: fileEntries({ 'prod.env.bak': held }) }),
    })
    await using config = await createHotConfig({ sources: source, logger, redact: ['MONGO_URI'] })
    source.set(DOTENV.replace('REDIS_HOST=redis', 'REDIS_HOST=redis-2'))
    expect(await config.reload()).toBe('changed')
    expect(config.history().at(-1)).toMatchObject({
      differences: [{ path: 'prod.env.bak', before: '[redacted]', after: '[redacted]' }],
    })
    expect(outwardText(config, logger)).not.toContain('Tr0ub4dor')
  })

  it('is named where a schema rejects the value that lacks what is in it', async () => {
    const schema = z.object({ REDIS_HOST: z.string() })
    const { issues, message } = await loadError(start('prod.env.bak', DOTENV, { schema }))
    expect(issues).toMatchObject([
      { code: 'HOT_CONFIG_SCHEMA', path: 'REDIS_HOST' },
      {
        code: 'HOT_CONFIG_SCHEMA',
        file: 'prod.env.bak',
        path: 'prod.env.bak',
        message: expect.stringContaining("'dotenv'"),
      },
    ])
    expect(message).not.toContain('Tr0ub4dor')
  })

  it('warns no longer when it is corrected by its name', async () => {
    const source = drivenSource<Record<string, string>>(
      { 'app.ymal': 'port: 1\n' },
      { reading: (held) => ({ entries: fileEntries(held) }) },
    )
    await using config = await createHotConfig({ sources: source, logger: false })
    expect(config.health()).toMatchObject({ status: 'warn' })
    source.set({ 'app.yaml': 'port: 1\n' })
    await config.reload()
    expect(config.current).toEqual({ port: 1 })
    expect(config.health()).toMatchObject({ status: 'pass', sources: [{ warnings: [] }] })
  })
})
