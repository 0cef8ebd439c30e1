import { createConfigMapVolume } from '@hot-config/testing'
import type { Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
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
const [nestBefore = '', nestAfter = ''] = blocksOf(PAGE, 'ts')

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

describe('the page on coming from other libraries', () => {
  it('has the examples that are tested here', () => {
    expect([examplesOf(PAGE).length, blocksOf(PAGE, 'ts').length]).toEqual([11, 2])
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

  it('shows an app in CommonJS that says why it does not start, and its test', async () => {
    await using folder = new ProgramFolder()
    await folder.write(APP)
    await folder.run('node --test --test-reporter=tap app.test.js', async (output) => {
      expect(await output.matching(/^# pass \d+$/m)).toBe('# pass 1')
    })
    const start = 'node server.js || echo "ended with $?"\necho'
    await folder.run(
      start,
      async (output) => {
        await output.matching(/^env:PORT server\.port: expected a whole number/m)
        await output.matching(/^ended with 1$/m)
      },
      { PORT: 'none' },
    )
  })

  it('shows an app with @nestjs/config that answers the same afterwards, and follows an edit', async () => {
    for (const [name, code] of Object.entries({ before: nestBefore, after: nestAfter })) {
      await using folder = new ProgramFolder()
      await folder.write({
        '.env': 'GREETING=Bonjour',
        'app.module.ts': code.replace("'.env'", `'${folder.path}/.env'`),
      })
      const { AppModule } = (await import(`${folder.path}/app.module.ts`)) as { AppModule: Type }
      const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false })
      await app.listen(0, '127.0.0.1')
      const greeting = async (): Promise<string> => (await fetch(await app.getUrl())).text()
      expect(await greeting()).toBe('Bonjour, you')
      await folder.write({ '.env': 'GREETING=Good morning' })
      if (name === 'after') await eventually(async () => expect(await greeting()).toBe('Good morning, you'))
      await app.close()
      // where @nestjs/config puts what it reads
      delete process.env.GREETING
    }
  })
})
