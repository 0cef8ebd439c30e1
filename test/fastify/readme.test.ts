import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { ask } from '../contract/http.ts'
import { eventually } from '../support/eventually.ts'
import { ProgramFolder } from '../support/program.ts'
import { examplesOf, runExample } from '../support/snippets.ts'

const [service = '', route = '', app = '', appTest = ''] = examplesOf('packages/fastify/README.md')

describe('the README of the Fastify package', () => {
  it('shows an app whose log level follows its configuration, from the start', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'greeting: Hello\nlog: { level: error }' })
    const code = service.replace('/etc/config', volume.path).replace('3000', '0')
    const tell = `process.send([app.server.address().port, app.log.level])
      app.hotConfig.onChange(() => process.send(app.log.level))`
    await runExample(`${code}\n${tell}`, async (_child, next) => {
      const [port, level] = (await next()) as [number, string]
      expect(level).toBe('error')
      expect((await ask(`http://127.0.0.1:${port}`)).text).toBe('Hello')
      await volume.update({ 'app.yaml': 'greeting: Hello\nlog: { level: debug }' })
      expect(await next()).toBe('debug')
    })
  })

  it('shows a health route that only a monitor may read', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'a: 1' })
    const code = `process.env.MONITOR_TOKEN = 'token'\n${route.replace('/etc/config', volume.path)}`
    const tell = `process.send(await app.listen({ port: 0, host: '127.0.0.1' }))`
    await runExample(`${code}\n${tell}`, async (_child, next) => {
      const url = `${(await next()) as string}/internal/config`
      await eventually(async () => expect((await ask(url)).status).toBe(401))
      const headers = { authorization: 'Bearer token' }
      expect((await ask(url, { headers })).json()).toMatchObject({ status: 'pass' })
    })
  })

  it.each([undefined, ''])('shows a health route that nobody may read when the token is %j', async (token) => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'a: 1' })
    const given = token === undefined ? 'delete process.env.MONITOR_TOKEN' : `process.env.MONITOR_TOKEN = '${token}'`
    const code = `${given}\n${route.replace('/etc/config', volume.path)}`
    const tell = `process.send(await app.listen({ port: 0, host: '127.0.0.1' }))`
    await runExample(`${code}\n${tell}`, async (_child, next) => {
      const url = `${(await next()) as string}/internal/config`
      for (const authorization of ['Bearer undefined', 'Bearer ', 'Bearer']) {
        expect((await ask(url, { headers: { authorization } })).status).toBe(401)
      }
    })
  })

  it('shows a test of an app, which passes', async () => {
    await using folder = new ProgramFolder()
    await folder.write({ 'package.json': '{ "type": "module" }', 'app.js': app, 'app.test.js': appTest })
    await folder.run('node --test app.test.js', async (output) => {
      expect(await output.matching(/^[#ℹ] (pass|fail) [1-9]/m)).toMatch(/pass 1$/)
    })
  })
})
