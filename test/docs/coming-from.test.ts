import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { createConfigMapVolume } from '@hot-config/testing'
import type { Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { describe, expect, it, vi } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { root } from '../support/pages.ts'
import { ProgramFolder } from '../support/program.ts'
import { blocksOf, examplesOf } from '../support/snippets.ts'

const PAGE = 'docs/coming-from.md'
const [dotenvBefore = '', dotenvAfter = '', configBefore = '', configAfter = '', ...others] = examplesOf(PAGE)
const [convictBefore = '', convictAfter = ''] = others.slice(-2)

/** The files of the app in CommonJS, by the names in their first lines. */
const COMMONJS = Object.fromEntries(others.slice(0, -2).map((code) => [/^\/\/ (.+)\n/.exec(code)?.[1] ?? '', code]))

/** The libraries of the app, as far as it uses them, and its files. */
const APP: Readonly<Record<string, string>> = {
  ...COMMONJS,
  'package.json': '{ "type": "commonjs" }',
  'node_modules/pg/index.js': `exports.Pool = class {
    constructor({ host, password }) {
      Object.assign(this, { host, length: password.length })
    }
    async query() {
      return { rows: [{ host: this.host, length: this.length }] }
    }
    async end() {
      console.log('ended', this.host)
    }
  }`,
  'node_modules/express-rate-limit/index.js': `let count = 0
  exports.rateLimit = ({ limit }) => (req, res, next) => (++count > limit(req) ? res.sendStatus(429) : next())`,
  'config/default.json': '{ "server": { "port": 0 }, "db": { "host": "a" } }',
  'config/production.json': '{ "db": { "host": "b" } }',
}
const nest = blocksOf(PAGE, 'ts')

/** Prints the greeting again after every change. */
const FOLLOW = `
config.onChange(() => console.log('changed:', greet('you')))
setInterval(() => {}, 1_000)
`

interface Move {
  readonly from: string
  readonly before: string
  readonly after: string
  readonly files: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  readonly prints: RegExp
  /** An edit, and what is printed then. Environment variables win, so it runs without them. */
  readonly edit: Readonly<Record<string, string>>
}

const MOVES: readonly Move[] = [
  {
    from: 'dotenv',
    before: dotenvBefore,
    after: dotenvAfter,
    files: { '.env': 'PORT=8080\nGREETING=Hello' },
    env: { PORT: '9090' },
    prints: /^9090 Hello, you$/m,
    edit: { '.env': 'PORT=8080\nGREETING=Good morning' },
  },
  {
    from: 'node-config',
    before: configBefore,
    after: configAfter,
    files: {
      'config/default.json': '{ "server": { "port": 3000, "host": "a" }, "greeting": "Hi" }',
      'config/production.json': '{ "server": { "port": 8080 }, "greeting": "Hello" }',
      'config/custom-environment-variables.json': '{ "greeting": "GREETING" }',
    },
    env: { NODE_ENV: 'production', GREETING: 'Bonjour' },
    prints: /^8080 Bonjour, you$/m,
    edit: { 'config/production.json': '{ "server": { "port": 8080 }, "greeting": "Good morning" }' },
  },
  {
    from: 'convict',
    before: convictBefore,
    after: convictAfter,
    files: { 'config.json': '{ "greeting": "Hello", "db": { "password": "secret" } }' },
    env: { PORT: '9090' },
    prints: /^9090 Hello, you$/m,
    edit: { 'config.json': '{ "greeting": "Good morning" }' },
  },
]

interface NestMove {
  readonly what: string
  readonly before: string
  readonly after: string
  readonly files: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  readonly says: string
  readonly edit: Readonly<Record<string, string>>
  readonly saysThen: string
}

const NEST_MOVES = [
  {
    what: 'a .env file',
    files: { '.env': 'GREETING=Bonjour' },
    env: {},
    says: 'Bonjour, you',
    edit: { '.env': 'GREETING=Good morning' },
    saysThen: 'Good morning, you',
  },
  {
    what: 'namespaces',
    files: {},
    env: { DB_HOST: 'db.example', DB_MAX: '20' },
    says: 'db.example, at most 20',
    edit: { 'etc/config/app.yaml': 'db: { max: 30 }' },
    saysThen: 'db.example, at most 30',
  },
  {
    what: 'a validate function',
    files: { '.env': 'GREETING=Bonjour\nDB_MAX=20\nOTHER=x' },
    env: {},
    says: 'Bonjour, at most 21',
    edit: { '.env': 'GREETING=Bonjour\nDB_MAX=30' },
    saysThen: 'Bonjour, at most 31',
  },
].map((move, index): NestMove => ({ ...move, before: nest[2 * index] ?? '', after: nest[2 * index + 1] ?? '' }))

describe('the page on coming from other libraries', () => {
  it('has the examples that are tested here', () => {
    expect([examplesOf(PAGE).length, blocksOf(PAGE, 'ts').length]).toEqual([11, 6])
    expect(Object.keys(COMMONJS)).toEqual(['config.js', 'db.js', 'app.js', 'server.js', 'app.test.js'])
  })

  it.each(MOVES)(
    'shows a program with $from that prints the same afterwards',
    async ({ before, after, files, env, prints }) => {
      for (const code of [before, after]) {
        await using folder = new ProgramFolder()
        await folder.write({ ...files, 'main.mjs': code })
        await folder.run('node main.mjs', async (output) => expect(await output.matching(prints)).toBeTruthy(), env)
      }
    },
  )

  it.each(MOVES)('shows a program that came from $from and follows an edit', async ({ after, files, env, edit }) => {
    await using folder = new ProgramFolder()
    await folder.write({ ...files, 'main.mjs': `${after}${FOLLOW}` })
    const { GREETING: _, ...others } = env
    await folder.run(
      'node main.mjs',
      async (output) => {
        await output.matching(/, you$/m)
        await folder.write(edit)
        expect(await output.matching(/^changed: .*$/m)).toBe('changed: Good morning, you')
      },
      others,
    )
  })

  it('shows an Express app in CommonJS, whose pool, rate limit and logger follow a ConfigMap', async () => {
    await using folder = new ProgramFolder()
    await folder.write(APP)
    await using volume = await createConfigMapVolume(`${folder.path}/volume`)
    await volume.update({})
    const env = { NODE_ENV: 'production', HOT_CONFIG_PATH: 'volume', DB_PASSWORD: 'hunter22' }
    await folder.run(
      'node server.js',
      async (output) => {
        const port = /\d+/.exec(await output.matching(/"port":\d+/))?.[0]
        const get = async (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`)
        expect(await (await get('/products')).json()).toEqual([{ host: 'b', length: 8 }])
        await volume.update({ 'app.yaml': 'db: { host: c }\nlog: { level: warn }' })
        await eventually(async () => expect(await (await get('/products')).json()).toMatchObject([{ host: 'c' }]))
        await volume.update({ 'app.yaml': 'rateLimit: { max: 0 }\nlog: { level: loud }' })
        await output.matching(/"level":"warn","message":"update rejected, .*log\.level: must be one of/)
        await volume.update({ 'app.yaml': 'rateLimit: { max: 0 }' })
        await eventually(async () => expect((await get('/products')).status).toBe(429))
        expect(await (await get('/config/health')).json()).toMatchObject({ status: 'pass', version: 3 })
      },
      env,
    )
  })

  it('shows a test of the app in CommonJS', async () => {
    await using folder = new ProgramFolder()
    await folder.write(APP)
    const { VITEST: _, NODE_ENV: __, ...env } = process.env
    const args = ['--test', '--test-reporter=tap', 'app.test.js']
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder.path, env })
    expect(stdout).toMatch(/^# pass 1$/m)
    expect(stdout).toMatch(/^# fail 0$/m)
  })

  it('shows an app in CommonJS that ends when its configuration is not valid, and says why', async () => {
    await using folder = new ProgramFolder()
    await folder.write(APP)
    await folder.run(
      'node server.js || echo "ended with $?"\necho',
      async (output) => {
        await output.matching(/^env:PORT server\.port: expected a whole number/m)
        await output.matching(/^ended with 1$/m)
      },
      { PORT: 'none' },
    )
  })

  it.each(NEST_MOVES)(
    'shows an app with $what of @nestjs/config that answers the same afterwards, and follows an edit',
    async ({ before, after, files, env, says, edit, saysThen }) => {
      for (const [name, code] of Object.entries({ before, after })) {
        await using folder = new ProgramFolder()
        const at = (text: string): string =>
          text.replaceAll(/'(\.env|\/etc\/config)'/g, (_, path: string) => `'${join(folder.path, path)}'`)
        await folder.write({ ...files, 'app.module.ts': at(code) })
        for (const [variable, value] of Object.entries(env)) vi.stubEnv(variable, value)
        const { AppModule } = (await import(`${folder.path}/app.module.ts`)) as { AppModule: Type }
        const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false })
        await app.listen(0, '127.0.0.1')
        const text = async (): Promise<string> => (await fetch(await app.getUrl())).text()
        expect(await text()).toBe(says)
        await folder.write(edit)
        if (name === 'after') await eventually(async () => expect(await text()).toBe(saysThen))
        await app.close()
        vi.unstubAllEnvs()
        // where @nestjs/config puts what it reads
        for (const variable of ['GREETING', 'DB_MAX']) delete process.env[variable]
      }
    },
  )

  it('shows apps of Nest that a strict project compiles, with paths that are checked', async () => {
    await using folder = new ProgramFolder()
    const compilerOptions = {
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      noPropertyAccessFromIndexSignature: true,
      verbatimModuleSyntax: true,
      target: 'es2023',
      module: 'nodenext',
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      skipLibCheck: true,
      noEmit: true,
      types: ['node'],
    }
    await folder.write({
      'package.json': JSON.stringify({ type: 'module' }),
      'tsconfig.json': JSON.stringify({ compilerOptions, include: ['*.ts'] }),
      ...Object.fromEntries(nest.map((code, index) => [`app-${index}.ts`, code])),
    })
    const compile = (): Promise<unknown> =>
      promisify(execFile)(join(root, 'node_modules/.bin/tsc'), ['-p', folder.path])
    await compile()
    await folder.write({
      'main.ts': `
        import type { Registered } from '@hot-config/core'
        import { HotConfigService } from '@hot-config/nestjs'
        import type { INestApplication } from '@nestjs/common'
        declare const app: INestApplication
        const max: number = app.get(HotConfigService<Registered>).getOrThrow('db.max')
        app.get(HotConfigService<Registered>).getOrThrow('db.maximum')
      `,
    })
    await expect(compile()).rejects.toHaveProperty(
      'stdout',
      expect.stringMatching(/^.*main\.ts\(7,.*"db\.maximum".*"db\.max"/),
    )
  })
})
