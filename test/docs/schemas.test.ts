import { readFileSync } from 'node:fs'

import { createHotConfig, values } from '@hot-config/core'
import convict from 'convict'
import * as moment from 'convict-format-with-moment'
import * as validator from 'convict-format-with-validator'
import { beforeAll, describe, expect, it, vi } from 'vitest'

import { readText } from '../support/read-text.ts'
import { examplesOf, runExample } from '../support/snippets.ts'

beforeAll(() => {
  // moment reports a deprecation when convict passes it a text that is no date
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const { duration, timestamp } = moment
  const { email, ipaddress, url } = validator
  convict.addFormats({ duration, timestamp, email, ipaddress, url })
})

describe('the page on schemas', () => {
  const [jsonSchema = '', fastifyEnv = ''] = examplesOf('docs/schemas.md')

  it('shows a JSON Schema that gives what it says', async () => {
    await runExample(`${jsonSchema}\nprocess.send(config.current)`, async (_child, next) => {
      expect(await next()).toEqual({ PORT: 8080, DEBUG_SQL: false })
    })
  })

  it('shows how to come from @fastify/env', async () => {
    const code = `process.env.PORT = '8080'\nprocess.env.HOSTS = 'a,b'\n${fastifyEnv}`
    await runExample(`${code}\nprocess.send(app.hotConfig.current)`, async (_child, next) => {
      expect(await next()).toEqual({ PORT: 8080, HOSTS: ['a', 'b'] })
    })
  })
})

describe('the page on surprises', () => {
  const page = readFileSync(new URL('../../docs/surprises.md', import.meta.url), 'utf8')
  const [stringbool = ''] = examplesOf('docs/surprises.md')

  it('shows a zod schema for text that gives what it says', async () => {
    await runExample(`${stringbool}\nprocess.send(config.current)`, async (_child, next) => {
      expect(await next()).toEqual({ cache: false, port: 8080 })
    })
  })

  /** The rows of the table of formats: the code in each cell. */
  const rows = Array.from(page.matchAll(/^\| (`.*?) \|$/gm), ([, row = '']) =>
    row.split(' | ').map((cell) => Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = '']) => code)),
  )

  const FILES: Readonly<Record<string, string>> = {
    YAML: 'a.yaml',
    JSON: 'a.json',
    TOML: 'a.toml',
    INI: 'a.ini',
    dotenv: 'a.env',
    properties: 'a.properties',
  }
  /** What the table abbreviates. */
  const WHOLE: Readonly<Record<string, string>> = {
    '`%YAML 1.1` before `---`': '%YAML 1.1\n---\nx: 1',
    '`<<: *a` and `<<: *b`': 'a: &a {x: 1}\nb: &b {x: 2}\nc:\n  <<: *a\n  <<: *b',
  }

  it.each(
    Array.from(page.matchAll(/^\| (\w+) +\| (.+?) +\| .+? +\| (.+?) +\|$/gm), ([, ...cells]) => cells).filter(
      ([format = '']) => format in FILES,
    ),
  )('is right about %s: %s is %s', async (format = '', says = '', here = '') => {
    const { value, issue } = await readText(FILES[format] ?? '', WHOLE[says] ?? says.replaceAll('`', ''))
    expect(issue ? 'rejected' : `\`${JSON.stringify(value['x'])}\``).toBe(here)
  })

  it('has a table of all formats', () => {
    expect(rows.flatMap(([formats]) => formats)).toEqual([
      'Boolean',
      'int',
      'nat',
      'port',
      'integer',
      'Number',
      'port_or_windows_named_pipe',
      'Array',
      'Object',
      'RegExp',
      'duration',
      'timestamp',
      'String',
      '*',
      'url',
      'email',
      'ipaddress',
    ])
  })

  it.each(rows.flatMap(([formats = [], ...cells]) => formats.map((format) => [format, ...cells] as const)))(
    'is right about %s',
    async (format, accepted = [], rejected = []) => {
      const read = (text: string): Promise<unknown> =>
        createHotConfig({ schema: { x: { format, default: null } }, sources: values({ x: text }), logger: false }).then(
          (config) => config.close(),
        )
      for (const text of accepted) await expect(read(text)).resolves.toBeUndefined()
      for (const text of rejected) await expect(read(text)).rejects.toThrow(/ x: /)
    },
  )
})
