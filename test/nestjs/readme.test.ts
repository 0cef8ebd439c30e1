import { readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'

import { createConfigMapVolume } from '@hot-config/testing'
import type { Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { expect, it, vi } from 'vitest'

import { eventually } from '../support/eventually.ts'

it('the example of the README logs changes of its ConfigMap', async () => {
  const readme = readFileSync(new URL('../../packages/nestjs/README.md', import.meta.url), 'utf8')
  const [, code = ''] = /^```ts\n(.*?)^```$/ms.exec(readme) ?? []
  await using volume = await createConfigMapVolume()
  await volume.update({ greeting: 'Hello', 'pool.yaml': 'pool: { size: 1 }' })
  const file = new URL(`../.example-nestjs-${process.pid}.ts`, import.meta.url)
  await writeFile(file, code.replace('/etc/config', volume.path))
  const { AppModule } = (await import(file.pathname)) as { AppModule: Type }
  await rm(file)

  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false })
  await app.listen(0, '127.0.0.1')
  const greeting = async (): Promise<string> => (await fetch(await app.getUrl())).text()
  expect(await greeting()).toBe('Hello')
  await volume.update({ greeting: 'Good morning', 'pool.yaml': 'pool: { size: 2 }' })
  await eventually(() => expect(log).toHaveBeenCalledWith('1 to 2'))
  expect(await greeting()).toBe('Good morning')
  log.mockRestore()
  await app.close()
})
