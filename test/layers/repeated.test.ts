import { createHotConfig, dotenv } from '@hot-config/core'
import type { HotConfigOptions } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import * as fc from 'fast-check'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

import { drivenSource, fileEntries } from '../support/driven-source.ts'
import { recordingLogger } from '../support/recording-logger.ts'

const SAYS = 'is given different values in one file, and the last one counts: remove the others'

async function read(
  key: string,
  text: string,
  options: HotConfigOptions = {},
): Promise<{ value: unknown; status: string; warnings: readonly string[] }> {
  const source = drivenSource<string>(text, { reading: (held) => ({ entries: fileEntries({ [key]: held }) }) })
  await using config = await createHotConfig({ sources: source, logger: false, ...options })
  const { status, sources } = config.health()
  return { value: config.current, status, warnings: sources[0]?.warnings ?? [] }
}

describe('two values of one name in a file', () => {
  it.each([
    ['a.env', 'a=1\nb=x\na=2\n', 'a.env:3 a', { a: '2', b: 'x' }],
    ['a.properties', 'a=1\na:2\n', 'a.properties:2:1 a', { a: '2' }],
    ['a.properties', 'a.b=1\na["b"]=2\n', 'a.properties:2:1 a.b', { a: { b: '2' } }],
    ['a.ini', 'a = 1\n# x\na = 2\n', 'a.ini:3 a', { a: '2' }],
    ['a.ini', '[s]\na=1\n[t]\na=1\n[s]\na=2\n', 'a.ini:6 s.a', { s: { a: '2' }, t: { a: '1' } }],
    ['a.ini', 's.a=1\n[s]\na=2\n', 'a.ini:3 s.a', { s: { a: '2' } }],
    ['a.ini', 'a = 1\na[] = 2\n', 'a.ini:2 a', { a: ['2'] }],
    ['sub/a.env', 'a=1\na=\nb=1\n', 'sub/a.env:2 sub.a', { sub: { a: '', b: '1' } }],
  ])(
    'are a warning with the line of the second, since only the last one counts: %s %j',
    async (key, text, at, value) => {
      expect(await read(key, text)).toEqual({ value, status: 'warn', warnings: [`${at}: ${SAYS}`] })
    },
  )

  it.each([
    ['a.env', 'a=1\na=1\n', { a: '1' }],
    ['a.properties', 'a=1\na=1\nb=2\n', { a: '1', b: '2' }],
    ['a.ini', '[s]\na=1\n[s]\nb=2\na=1\n', { s: { a: '1', b: '2' } }],
    ['a.ini', 'a[]=1\na[]=2\na[]=2\n', { a: ['1', '2', '2'] }],
  ])('that are the same are no warning: %s %j', async (key, text, value) => {
    expect(await read(key, text)).toEqual({ value, status: 'pass', warnings: [] })
  })

  it.each(['a.env', 'a.properties', 'a.ini'])('are never lost without a word: %s', async (key) => {
    const pair = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2', ''))
    await fc.assert(
      fc.asyncProperty(fc.array(pair, { minLength: 1, maxLength: 6 }), async (pairs) => {
        const { value, warnings } = await read(key, pairs.map(([name, each]) => `${name}=${each}\n`).join(''))
        expect(value).toEqual(Object.fromEntries(pairs))
        const isLost = pairs.some(([name, each]) => (value as Record<string, string>)[name] !== each)
        if (isLost) expect(warnings.length).toBeGreaterThan(0)
        else expect(warnings.filter((warning) => warning.includes(SAYS))).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  it('are found where names of the schema lead to one path', async () => {
    const schema = { log: { level: { default: '', env: 'REPEATED_TEST_LEVEL' } } }
    expect(await read('a.env', 'REPEATED_TEST_LEVEL=info\nlog.level=debug\n', { schema })).toEqual({
      value: { log: { level: 'debug' } },
      status: 'warn',
      warnings: [`a.env:2 log.level: ${SAYS}`],
    })
  })

  it('are found in a file of variables', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'repeated-'))
    const path = join(folder, '.env')
    await writeFile(path, 'APP_DB__URL=a\nAPP_db__url=b\n')
    await using config = await createHotConfig({ sources: dotenv(path, { prefix: 'APP_' }), logger: false })
    expect(config.current).toEqual({ db: { url: 'b' } })
    expect(config.health().sources[0]?.warnings).toEqual([`.env:2 db.url: ${SAYS}`])
    await rm(folder, { recursive: true })
  })

  it('are found by a worker, and the list of them has an end', async () => {
    const lines = Array.from({ length: 5_000 }, (_, index) => `name${index}=${index}\n`).join('')
    const { value, warnings } = await read('a.env', `${lines}${lines.replaceAll('=', '=x')}`)
    expect(value).toMatchObject({ name0: 'x0', name4999: 'x4999' })
    expect(warnings).toHaveLength(21)
    expect(warnings[0]).toBe(`a.env:5001 name0: ${SAYS}`)
    expect(warnings.at(-1)).toBe('and 80 more')
  })

  it('are logged once, without a value, and no longer warned of when one is gone', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'a.env': 'password=first-secret\npassword=second-secret\n' })
    const logger = recordingLogger()
    await using config = await createHotConfig({ sources: volume.path, logger })
    expect(logger.at('warn').map(({ message }) => message)).toEqual([
      expect.stringContaining(`a.env:2 password: ${SAYS}`),
    ])
    expect(JSON.stringify([logger.at('warn'), config.health()])).not.toMatch(/(?:first|second)-secret/)
    await volume.update({ 'a.env': 'password=second-secret\n' })
    await config.reload()
    expect(config.health()).toMatchObject({ status: 'pass', sources: [{ warnings: [] }] })
  })
})
