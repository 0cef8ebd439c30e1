import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { examplesOf, runExample } from '../support/snippets.ts'

const [service = '', bare = ''] = examplesOf('packages/express/README.md')

describe("the Express package's README", () => {
  it('shows a service that follows its ConfigMap and ends on SIGTERM', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ greeting: 'Hello' })
    const code = service.replace('/etc/config', volume.path).replace('3000', '0')
    const report = `server.once('listening', () => process.send(server.address().port, () => process.disconnect()))`
    await runExample(`${code}\n${report}`, async (child, next) => {
      const url = `http://127.0.0.1:${(await next()) as number}`
      const text = async (path: string): Promise<unknown> => (await fetch(url + path)).json()
      expect(await text('/')).toBe('Hello')
      await volume.update({ greeting: 'Good morning' })
      await eventually(async () => expect(await text('/')).toBe('Good morning'))
      expect(await text('/config/health')).toMatchObject({ status: 'pass', version: 2 })
      const ended = new Promise((resolve) => child.once('exit', (...how) => resolve(how)))
      child.kill('SIGTERM')
      expect(await ended).toEqual([0, null])
    })
  })

  it('shows a server without Express', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ greeting: 'Hello' })
    const code = bare.replace('/etc/config', volume.path).replace('3000', '0')
    const report = `server.once('listening', () => process.send(server.address().port))`
    await runExample(`${code}\n${report}`, async (_child, next) => {
      const url = `http://127.0.0.1:${(await next()) as number}`
      expect(await (await fetch(url)).text()).toBe('Hello')
      expect(await (await fetch(`${url}/config/health/`)).json()).toMatchObject({ status: 'pass' })
    })
  })
})
