import { readFileSync } from 'node:fs'

import { createTestConfig, createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { ask } from '../contract/http.ts'
import { eventually } from '../support/eventually.ts'
import { examplesOf, runExample } from '../support/snippets.ts'

const text = readFileSync(new URL('../../docs/health.md', import.meta.url), 'utf8')
const [page = ''] = examplesOf('docs/health.md')

describe('the page on health', () => {
  it('names every field of the report, in its order', () => {
    const report = JSON.parse(JSON.stringify(createTestConfig({}).health())) as object
    const [, example = ''] = /```json\n(.*?)```/s.exec(text) ?? []
    const shown = JSON.parse(example) as { sources: object[] }
    const fields = Array.from(text.matchAll(/^\| `([\w[\].]+)` +\|/gm), ([, name = '']) => name)
    const expected = [
      ...Object.keys(report).filter((name) => name !== 'sources'),
      ...Object.keys(shown.sources[0] ?? {}).map((name) => `sources[].${name}`),
    ]
    expect(Object.keys(shown)).toEqual(Object.keys(report))
    expect(fields.slice(0, expected.length)).toEqual(expected)
    expect(fields.slice(expected.length)).toEqual(['pass', 'warn', 'fail'])
  })

  it('shows a service that has a page, which keeps what is redacted', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'db: { password: hunter2, max: 1 }' })
    const code = page.replace('/etc/config', volume.path).replace('3000', '0')
    await runExample(
      `${code}\nserver.once('listening', () => process.send(server.address().port))`,
      async (_child, next) => {
        const url = `http://127.0.0.1:${(await next()) as number}/config/health`
        expect((await ask(url)).json()).toMatchObject({ status: 'pass' })
        await volume.update({ 'app.yaml': 'db: { password: hunter3, max: 2 }' })
        const seen = await eventually(async () => {
          const answer = await ask(url, { headers: { accept: 'text/html' } })
          expect(answer.text).toContain('Changed to version 2')
          return answer.text
        })
        expect(seen).toContain('db.max')
        expect(seen).toContain('db.password')
        expect(seen).not.toMatch(/hunter[23]/)
      },
    )
  })

  it.each(['docs/health.md', 'SECURITY.md'])('shows nobody the details of %s while there is no token', async (name) => {
    const code = examplesOf(name).find((example) => example.includes('details:') || example.includes('details,')) ?? ''
    expect(code).toContain('MONITOR_TOKEN')
    const folder = await createConfigMapVolume()
    await folder.update({ 'app.yaml': 'a: 1' })
    const serve = `import { createServer } from 'node:http'
      const server = createServer((req, res) => live(req, res, () => res.end()))
      await live.ready()
      server.listen(0, '127.0.0.1', () => process.send(server.address().port))`
    for (const given of ['delete process.env.MONITOR_TOKEN', `process.env.MONITOR_TOKEN = ''`]) {
      const program = `${given}\n${code.replace('/etc/config', folder.path)}\n${serve}`
      await runExample(program, async (_child, next) => {
        const path = name === 'SECURITY.md' ? 'internal/config' : 'config/health'
        const url = `http://127.0.0.1:${(await next()) as number}/${path}`
        for (const authorization of ['Bearer undefined', 'Bearer ']) {
          expect((await ask(url, { headers: { authorization } })).json()).toEqual({ status: 'pass' })
        }
      })
    }
    await folder.remove()
  })
})
