import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { CONFIG_MAPS, EVENTS, ask, must } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { startFakeApiServer } from '../support/fake-api-server.ts'
import { examplesOf, runExample } from '../support/snippets.ts'
import { freshName, useServer } from './support.ts'

const [example = ''] = examplesOf('packages/kubernetes/README.md')

describe('the example of the Kubernetes package', () => {
  const used = useServer(startFakeApiServer)

  /** The example as it is, on this API server. */
  const adapted = (name: string, mounted: string): string => {
    const { timing: _timing, ...reach } = used.connection()
    const connection = JSON.stringify({ ...reach, namespace: 'default', podName: name })
    return example
      .replace("{ name: 'shop-config' }", `{ name: '${name}', ...connection }`)
      .replace('reportEvents(config)', 'reportEvents(config, { podName, ...connection })')
      .replace('/etc/config', mounted)
      .replace('const config', `const { podName, ...connection } = ${connection}\nconst config`)
  }
  const count = (count: number): object => ({ data: { 'app.json': JSON.stringify({ count }) } })

  it('follows the ConfigMap and writes Events', async () => {
    await using mounted = await createConfigMapVolume()
    const name = freshName()
    await must(used.server, 'POST', CONFIG_MAPS, { metadata: { name }, ...count(1) })
    const code = `${adapted(name, mounted.path)}
      process.send(config.current)
      config.onChange(({ next }) => process.send(next.value))
      setInterval(() => {}, 1_000)`
    await runExample(code, async (_child, next) => {
      expect(await next()).toEqual({ count: 1 })
      await must(used.server, 'PATCH', `${CONFIG_MAPS}/${name}`, count(2))
      expect(await next()).toEqual({ count: 2 })
      await eventually(async () => {
        const { body } = await ask(used.server, 'GET', EVENTS)
        expect(JSON.stringify(body)).toContain('ConfigReloaded')
      })
    })
  })

  it.each([
    ['after close()', 'await config.close()\n'],
    ['when there is nothing else to do', ''],
  ])('lets the process end %s', async (_when, ending) => {
    await using mounted = await createConfigMapVolume()
    const name = freshName()
    await must(used.server, 'POST', CONFIG_MAPS, { metadata: { name }, ...count(1) })
    // the channel to the parent would keep it alive
    const code = `${adapted(name, mounted.path)}
      while (config.health().sources[0].watching !== 'watch') await new Promise((resolve) => setTimeout(resolve, 10))
      process.send(config.current)
      ${ending}process.disconnect()`
    await runExample(code, async (child, next) => {
      const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve([code, signal])))
      expect(await next()).toEqual({ count: 1 })
      expect(await ended).toEqual([0, null])
    })
  })
})
