import { createHotConfig, volume as volumeSource } from '@hot-config/core'
import type { Issue } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { follow } from '../support/follow.ts'
import { loadError } from '../support/load-error.ts'
import { outwardText, wholeError } from '../support/outward.ts'
import { unwatched } from '../support/unwatched.ts'

/** Stands in every broken text, so that a message which quotes the text is found out. */
const SECRET = 'Tr0ub4dor'

interface Broken {
  readonly what: string
  readonly key: string
  readonly text: string
  readonly line?: number
  readonly column?: number
  readonly path?: string
  /** What the message must say was expected. */
  readonly says: RegExp
}

const json = (what: string, text: string, line: number, column: number, says: RegExp): Broken => ({
  what,
  key: 'app.json',
  text,
  line,
  column,
  says,
})
const yaml = (what: string, text: string, line: number, column: number, says: RegExp): Broken => ({
  ...json(what, text, line, column, says),
  key: 'app.yaml',
})
const toml = (what: string, text: string, line: number, column: number, says: RegExp): Broken => ({
  ...json(what, text, line, column, says),
  key: 'app.toml',
})

const BROKEN: readonly Broken[] = [
  json('a missing comma', `{\n  "a": "${SECRET}"\n  "b": 1\n}`, 3, 3, /expected a comma/),
  json('a trailing comma', `{"a": "${SECRET}",}`, 1, 19, /expected/),
  json('a missing value', `{"password": "${SECRET}", "b": }`, 1, 32, /expected a value/),
  json('a missing colon', `{"a" "${SECRET}"}`, 1, 6, /expected a colon/),
  json('a text that never ends', `{\n"a": "${SECRET}\n}`, 2, 6, /unexpected end of string/),
  json('a brace that never closes', `{"a": "${SECRET}"`, 1, 18, /close brace|end of/),
  json('a bracket that never closes', `["${SECRET}"`, 1, 13, /close bracket|end of/),
  json('a bare word', `{"a": ${SECRET}}`, 1, 7, /expected a value/),
  json('single quotes', `{'a': '${SECRET}'}`, 1, 2, /expected/),
  json('a comment', `{\n// ${SECRET}\n"a": 1}`, 2, 1, /no comment/),
  json('something after the end', `{"a": 1} ${SECRET}`, 1, 10, /expected/),
  json('a bad escape', `{"a": "\\q${SECRET}"}`, 1, 7, /invalid escape/),
  json('another format', `a: ${SECRET}`, 1, 1, /is not JSON/),
  yaml('an unclosed bracket', `a: [${SECRET}, b\nc: d\n`, 2, 1, /indentation/),
  yaml('an unclosed quote', `a: "${SECRET}\n`, 2, 1, /indentation/),
  yaml('a wrong indentation', `a:\n  b: ${SECRET}\n c: 1\n`, 3, 2, /indentation/),
  yaml('a tab as indentation', `a:\n\tb: ${SECRET}\n`, 2, 1, /tab/),
  yaml('two colons', `a: ${SECRET}: b\n`, 1, 13, /mapping/),
  yaml('a key given twice', `${SECRET}: 1\n${SECRET}: 2\n`, 2, 1, /duplicated mapping key/),
  yaml('an unknown anchor', `a: *${SECRET}\n`, 1, 5, /alias/),
  yaml('an unknown anchor with quotes in its name', `a: *x"${SECRET}"y\n`, 1, 5, /alias/),
  yaml('an unknown tag', `a: !${SECRET} x\n`, 1, 4, /tag/),
  yaml('a tag for code', `a: !!js/function 'x => ${SECRET}'\n`, 1, 4, /tag/),
  yaml('a tag with characters that are not allowed', `a: !<${SECRET}^> x\n`, 1, 17, /tag name/),
  yaml('an undeclared tag handle', `a: !${SECRET}!x y\n`, 1, 16, /tag handle/),
  yaml('a merge of something else', `a: {<<: ${SECRET}}\n`, 1, 5, /merge/),
  toml('a value without quotes', `a = ${SECRET}\n`, 1, 5, /is not TOML/),
  toml('a missing value', `b = "${SECRET}"\na =\n`, 2, 4, /is not TOML/),
  toml('a key given twice', `b = "${SECRET}"\nb = 1\n`, 2, 1, /redefine/),
  toml('a text that never ends', `\na = "${SECRET}\n`, 2, 15, /is not TOML/),
  toml('a table that never closes', `[${SECRET}\na = 1\n`, 1, 11, /key/),
  toml('two values on one line', `a = 1 ${SECRET} = 2\n`, 1, 7, /end-of-line/),
  { what: 'no assignment', key: 'app.env', text: `a=1\n${SECRET}\n`, line: 2, says: /expected NAME=value/ },
  { what: 'a name with a space', key: 'app.env', text: `\n\n${SECRET} b=1\n`, line: 3, says: /expected NAME=value/ },
  { what: 'JSON instead', key: '.env', text: `{"a": "${SECRET}"}`, line: 1, says: /expected NAME=value/ },
  {
    what: 'a value after a text of several lines',
    key: 'a.env',
    text: `a="x\ny"\n${SECRET}`,
    line: 3,
    says: /expected/,
  },
  {
    what: 'a value and keys below it',
    key: 'app.env',
    text: `a.b=${SECRET}\na.b.c=${SECRET}\n`,
    line: 2,
    path: 'a.b',
    says: /keys below it/,
  },
  {
    what: 'keys and a value above them',
    key: 'app.properties',
    text: `# x\na.b.c=${SECRET}\na.b=${SECRET}\n`,
    line: 3,
    column: 1,
    path: 'a.b',
    says: /keys below it/,
  },
  { what: 'no key', key: 'app.properties', text: `a=1\n  =${SECRET}\n`, line: 2, column: 3, says: /expected a key/ },
  {
    what: 'no key',
    key: 'app.ini',
    text: `a=1\n=${SECRET}\n`,
    line: 2,
    says: /expected "\[section\]" or "key = value"/,
  },
  {
    what: 'a line without a value',
    key: 'app.ini',
    text: `[a]\n\n${SECRET}\n`,
    line: 3,
    says: /expected "\[section\]"/,
  },
  {
    what: 'a section that never closes',
    key: 'app.ini',
    text: `[${SECRET}\na=1\n`,
    line: 1,
    says: /expected "\[section\]"/,
  },
  {
    what: 'a value where a section follows',
    key: 'app.ini',
    text: `a=${SECRET}\n[a]\nb=1`,
    line: 2,
    path: 'a',
    says: /keys below it/,
  },
  { what: 'a list at the top', key: 'app.yaml', text: `- ${SECRET}`, says: /expected keys and values/ },
  { what: 'a text at the top', key: 'app.json', text: `"${SECRET}"`, says: /expected keys and values/ },
  yaml('two documents', `a: ${SECRET}\n---\nb: 1\n`, 2, 1, /single document/),
]

describe('a text that is not of its format', () => {
  it.each(BROKEN)(
    '$key with $what is rejected with its place, and not quoted',
    async ({ key, text, line, column, path, says }) => {
      await using volume = await createConfigMapVolume()
      await volume.update({ [key]: text })
      const source = `volume:${volume.path}`
      const expected: Issue = {
        code: 'HOT_CONFIG_SYNTAX',
        source,
        file: key,
        ...(line !== undefined && { line }),
        ...(column !== undefined && { column }),
        ...(path !== undefined && { path }),
        message: expect.stringMatching(says) as string,
      }

      const error = await loadError(createHotConfig({ sources: volume.path, logger: false }))
      expect(error).toMatchObject({ name: 'FormatError', code: 'HOT_CONFIG_SYNTAX', issues: [expected] })
      expect(error.issues).toEqual([expected])
      const place = [key, line, column].filter((part) => part !== undefined).join(':')
      expect(error.message).toContain(`${source} ${place}`)
      expect(wholeError(error)).not.toContain(SECRET)

      await volume.update({ 'good.json': '{"good":1}' })
      await using running = await follow(unwatched(volumeSource(volume.path)))
      const { config, logger, rejections } = running
      await volume.update({ 'good.json': '{"good":2}', [key]: text })
      expect(await config.reload()).toBe('rejected')
      expect(config.current).toEqual({ good: 1 })
      expect(rejections).toHaveLength(1)
      const { code: _code, ...issue } = expected
      expect(config.health()).toMatchObject({ status: 'warn', lastRejection: { source, issues: [issue] } })
      expect(outwardText(config, logger, rejections)).not.toContain(SECRET)
    },
  )

  it('is reported with all the others, source by source and file by file', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'a.json': '{', 'b.yaml': 'a: [', 'c.ini': 'x', 'd.yaml': 'good: 1' })
    const error = await loadError(createHotConfig({ sources: volume.path, logger: false }))
    expect(error.issues.map(({ file }) => file)).toEqual(['a.json', 'b.yaml', 'c.ini'])
    expect(error.message).toMatch(/^3 problems\n {2}volume:\S+ a\.json:1:2: .*\n.* b\.yaml:1:5: .*\n.* c\.ini:1: /)
  })
})
