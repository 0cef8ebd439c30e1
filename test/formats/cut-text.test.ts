import { describe, expect, it } from 'vitest'

import { readText } from '../support/read-text.ts'

const CONNECTION = 'Server=db.shop.svc,1433;Database=orders;User Id=svc;Password=p#ss;Encrypt=true'

/** What the value of `key` is, where it is not rejected. */
async function valueOf(file: string, text: string): Promise<unknown> {
  const { value, issue } = await readText(file, text)
  return issue ? `rejected on line ${issue.line}` : value['key']
}

describe('a comment in INI', () => {
  it.each([
    ['key=a ; b', 'a'],
    ['key=a\t# b', 'a'],
    ['key = a;b # c;d', 'a;b'],
    ['key = ; nothing', ''],
    ['key = # nothing', ''],
    ['key =', ''],
    ['key = "a ; b" ; c', 'a ; b'],
    ["key = 'a # b'\t# c", 'a # b'],
    ['; key = b\nkey = a', 'a'],
    ['  # key = b\nkey = a', 'a'],
    ['[s] ; x\n[t];x\n[u]', undefined],
  ])('begins a line, or follows a blank: %j', async (text, value) => {
    expect(await valueOf('a.ini', text)).toBe(value)
  })

  it.each([
    [`key = ${CONNECTION}`, CONNECTION],
    [`key=${CONNECTION}`, CONNECTION],
    ['key=#ff0000', '#ff0000'],
    ['key = #ff0000', '#ff0000'],
    ['key = ;x', ';x'],
    ['key = https://shop.example/#/help', 'https://shop.example/#/help'],
    ['key = /srv/a;/srv/b', '/srv/a;/srv/b'],
    ['key = a\\;b \\# c', 'a;b # c'],
    ['key = \\\\server\\share', '\\\\server\\share'],
    ['key = C:\\new\\', 'C:\\new\\'],
    ["key = 'it''s'", "it''s"],
    ["key = it's", "it's"],
    ['key = "a" and "b"', '"a" and "b"'],
    ['key = "a";"b"', '"a";"b"'],
    ['key = "a\\u0041\\n"', 'aA\n'],
    ['key = a=b=c', 'a=b=c'],
  ])('is nothing else, so the value is whole: %j', async (text, value) => {
    expect(await valueOf('a.ini', text)).toBe(value)
  })

  it('is no part of a key or of the name of a section', async () => {
    expect(await readText('a.ini', 'a;b = 1\na#b = 2\n[x;y]\nc = 3\n[x #y]\nd = 4\n')).toEqual({
      value: { 'a;b': '1', 'a#b': '2', 'x;y': { c: '3' }, 'x #y': { d: '4' } },
    })
  })

  it.each(['key ;x = 1', 'host: db=1', 'key: 1'])('does not hide a line that is not INI: %j', async (line) => {
    expect((await readText('a.ini', `a=1\n${line}`)).issue).toMatchObject({
      line: 2,
      message: expect.stringMatching(/expected/),
    })
  })
})

describe('a comment in dotenv', () => {
  it.each([
    ['key=a # b', 'a'],
    ['key=a\t#b', 'a'],
    ['key= # b', ''],
    ['key=# b', ''],
    ['key=#', ''],
    ['key="a#b"#c', 'a#b'],
    ["key='a # b' # c", 'a # b'],
    ['key=`a#b`', 'a#b'],
    ['export key=a # b', 'a'],
  ])('follows a blank or a quote: %j', async (text, value) => {
    expect(await valueOf('.env', text)).toBe(value)
  })

  it.each(['key=p#ss', 'key=#ff0000', 'key=https://shop.example/#/help', `key=${CONNECTION}`, 'key=a b#c'])(
    'is never guessed, so the line is rejected: %s',
    async (line) => {
      const { issue } = await readText('.env', `a=1\n${line}`)
      expect(issue).toMatchObject({ line: 2, message: expect.stringMatching(/"#".*quote the value/) })
      expect(issue?.message).not.toContain('p#ss')
      expect(await readText('.env', `a=1\n${line.replace('=', "='")}'`)).toEqual({
        value: { a: '1', key: line.slice(4) },
      })
    },
  )

  it.each([
    ['key=a\\', 'a\\'],
    ['key=C:\\new', 'C:\\new'],
    ['key="C:\\temp\\"', 'C:\\temp\\'],
    ['key="a\\tb"', 'a\\tb'],
    ['key="a\\nb"', 'a\nb'],
    ['key=$HOME/${x}', '$HOME/${x}'],
    ['key={"a": "b"}', '{"a": "b"}'],
    ["key='a\nb'", 'a\nb'],
    ['key="-----BEGIN X-----\nabc=\n-----END X-----"\nb=1', '-----BEGIN X-----\nabc=\n-----END X-----'],
    ['key="never closed\nb=1\nc="x"', '"never closed'],
  ])('is no other sign: %j', async (text, value) => {
    expect(await valueOf('.env', text)).toBe(value)
  })

  it('loses no line behind a quote that never closes', async () => {
    expect(await readText('.env', 'a="never closed\nb=1\nc="x"\n')).toEqual({
      value: { a: '"never closed', b: '1', c: 'x' },
    })
  })

  it.each(['key', 'export key', 'key value', '=a', '-', 'a b=c'])(
    'does not hide a line without a value: %j',
    async (line) => {
      expect((await readText('.env', `a=1\n${line}`)).issue).toMatchObject({
        line: 2,
        message: expect.stringMatching(/NAME=value/),
      })
    },
  )
})

describe('a quote that nothing closes', () => {
  it.each([
    ['.env', 'key="p # ss'],
    ['.env', "key='p # ss"],
    ['.env', 'key=`p # ss'],
    ['.env', 'key="p # ss"x'],
    ['a.ini', 'key = "p # ss'],
    ['a.ini', "key = 'p ; ss"],
  ])('is rejected where a comment would be cut: %s %j', async (file, text) => {
    expect((await readText(file, `a=1\n${text}`)).issue).toMatchObject({
      line: 2,
      message: 'begins with a quote that is not closed before a comment: close it',
    })
  })

  it.each([
    ['.env', 'key="pass', '"pass'],
    ['.env', "key=it's # x", "it's"],
    ['a.ini', 'key = "pass', '"pass'],
    ['a.ini', 'key = "a", "b" ; x', '"a", "b"'],
  ])('stays where nothing is cut: %s %j', async (file, text, value) => {
    expect(await valueOf(file, text)).toBe(value)
  })
})

describe('a backslash in double quotes in INI', () => {
  it.each([
    ['key = "a\\tb\\u00e9" ; x', 'a\tb\u00e9'],
    ['key = "C:\\\\data"', 'C:\\data'],
    ['key = "a\tb"', 'a\tb'],
    ["key = 'C:\\data'", 'C:\\data'],
    ['key = C:\\data', 'C:\\data'],
  ])('is an escape: %j', async (text, value) => {
    expect(await valueOf('a.ini', text)).toBe(value)
  })

  it.each(['key = "C:\\data"', 'key = "\\d+" # x', 'key = "\\u12"', '"a\\x" = 1', '["a\\x"]\nb=1'])(
    'that is none is rejected with its line: %j',
    async (text) => {
      expect((await readText('a.ini', `a=1\n${text}`)).issue).toMatchObject({
        line: 2,
        message: expect.stringMatching(/no escape: write two/),
      })
    },
  )
})

describe('a backslash in properties', () => {
  it.each([
    ['key=a\\\n   b', 'ab'],
    ['key=a\\\r\n   b', 'ab'],
    ['key=\\u00e9\\t\\n\\r\\f', 'é\t\n\r\f'],
    ['key=C:\\\\temp', 'C:\\temp'],
    ['key=a\\:b\\=c\\#d\\!e\\ f\\,g', 'a:b=c#d!e f,g'],
    ['key=a # b ; c', 'a # b ; c'],
    ['key=a  ', 'a  '],
    ['key = \\ a', ' a'],
    ['\\u006bey=a', 'a'],
  ])('is an escape: %j', async (text, value) => {
    expect(await valueOf('a.properties', text)).toBe(value)
  })

  it.each([
    ['key=C:\\data', /no escape: write two/],
    ['key=C:\\_data', /no escape: write two/],
    ['key=^a\\.b$', /no escape: write two/],
    ['key=\\(a\\)', /no escape: write two/],
    ['key=\\ö', /no escape: write two/],
    ['key=\\d+', /no escape/],
    ['key=\\u12', /four hexadecimal/],
    ['key=\\u12g4', /four hexadecimal/],
    ['k\\u12=1', /four hexadecimal/],
    ['key=C:\\\\dir\\', /nothing follows/],
    ['key\\', /nothing follows/],
  ])('that would be dropped is rejected with its line: %j', async (line, says) => {
    expect((await readText('a.properties', `a=1\n${line}`)).issue).toMatchObject({
      line: 2,
      message: expect.stringMatching(says),
    })
  })

  it('is found on the line where it is', async () => {
    expect((await readText('a.properties', 'key=a\\\n  b\\\n  \\d')).issue).toMatchObject({ line: 3, column: 3 })
  })
})
