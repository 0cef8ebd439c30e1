import type { Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { ProgramFolder } from '../support/program.ts'
import { blocksOf, examplesOf } from '../support/snippets.ts'

const PAGE = 'docs/coming-from.md'
const [
  dotenvBefore = '',
  dotenvAfter = '',
  configBefore = '',
  configAfter = '',
  convictBefore = '',
  convictAfter = '',
] = examplesOf(PAGE)
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
    expect([examplesOf(PAGE).length, blocksOf(PAGE, 'ts').length]).toEqual([6, 2])
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
