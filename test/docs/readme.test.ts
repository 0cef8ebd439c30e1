import { readFileSync } from 'node:fs'

import { createConfigMapVolume, createTestConfig } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { examplesOf, runExample } from '../support/snippets.ts'

const PAGE = new URL('../../README.md', import.meta.url)
const [service = '', standalone = '', testing = ''] = examplesOf('README.md')

describe('the README', () => {
  it('shows a Fastify service that does what it says', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'greeting: Hello' })
    const code = service
      .replace('/etc/config', volume.path)
      .replace('3000', '0')
      .replace('logger: true', 'logger: false')
    await runExample(`${code}\nprocess.send(app.server.address().port)`, async (_child, next) => {
      const url = `http://127.0.0.1:${(await next()) as number}`
      const text = async (path: string): Promise<unknown> => (await fetch(url + path)).json()
      expect(await text('/')).toEqual({ text: 'Hello' })
      await volume.update({ 'app.yaml': 'greeting: Good morning' })
      await eventually(async () => expect(await text('/')).toEqual({ text: 'Good morning' }))
      await volume.update({ 'app.yaml': 'log:\n  level: loud' })
      await eventually(async () =>
        expect(await text('/config/health')).toMatchObject({
          status: 'warn',
          lastRejection: {
            message: `volume:${volume.path} app.yaml:2:3 log.level: must be one of the possible values: ["debug","info","warn"]`,
          },
        }),
      )
      expect(await text('/')).toEqual({ text: 'Good morning' })
    })
  })

  it('shows how to do without a framework', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'pool.max': '10\n' })
    const code = `process.env.APP_DEBUG = 'yes'\n${standalone.replace('/etc/config', volume.path)}`
    const watch = `process.send(config.current)\nconfig.onChange(({ paths }) => process.send(paths))`
    await runExample(`${code}\n${watch}\nsetInterval(() => {}, 1_000)`, async (_child, next) => {
      expect(await next()).toEqual({ pool: { max: 10 } })
      await volume.update({ 'pool.max': '20' })
      expect(await next()).toEqual(['pool.max'])
    })
  })

  it('shows a health report with every field that there is', () => {
    const [, example = ''] = /```json\n(.*?)```/s.exec(readFileSync(PAGE, 'utf8')) ?? []
    expect(Object.keys(JSON.parse(example) as object)).toEqual(Object.keys(createTestConfig({}).health()))
  })

  it('shows how to test an app', async () => {
    await runExample(`${testing}\nprocess.send(config.current)\nawait volume.remove()`, async (_child, next) => {
      expect(await next()).toEqual({ greeting: 'Good morning' })
    })
  })
})
