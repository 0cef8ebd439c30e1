import { readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'

import { createConfigMapVolume } from '@hot-config/testing'
import type { Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { expect, it, vi } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { ProgramFolder } from '../support/program.ts'
import { blocksOf } from '../support/snippets.ts'

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

it('the tests that the README shows pass', async () => {
  await using folder = new ProgramFolder()
  await folder.write({
    'app.module.ts': `
      import { HotConfigModule, LiveConfig } from '@hot-config/nestjs'
      import { Controller, Get, Module } from '@nestjs/common'
      @Controller()
      class AppController {
        @Get()
        greet(@LiveConfig('greeting') greeting: string): string { return greeting }
      }
      @Module({ imports: [HotConfigModule.forRoot({ sources: '/nowhere' })], controllers: [AppController] })
      export class AppModule {}
    `,
    'greeting.service.ts': `
      import { HotConfigService } from '@hot-config/nestjs'
      import { Inject, Injectable } from '@nestjs/common'
      @Injectable()
      export class GreetingService {
        constructor(@Inject(HotConfigService) private readonly config: HotConfigService<{ greeting: string }>) {}
        greet(): string { return this.config.current.greeting }
      }
    `,
  })
  const tests: (() => Promise<void>)[] = []
  vi.stubGlobal('it', (_: string, test: () => Promise<void>) => tests.push(test))
  vi.stubGlobal('expect', expect)
  try {
    const shown = blocksOf('packages/nestjs/README.md', 'ts').filter((code) => /^it\(/m.test(code))
    for (const [index, code] of shown.entries()) {
      await folder.write({ [`shown-${index}.ts`]: code })
      await import(`${folder.path}/shown-${index}.ts`)
    }
    expect(tests).toHaveLength(2)
    for (const test of tests) await test()
  } finally {
    vi.unstubAllGlobals()
  }
})
