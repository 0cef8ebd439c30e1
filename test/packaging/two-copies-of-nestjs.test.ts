import type { AddressInfo, Server } from 'node:net'

import { createHotConfig, requestConfig, values } from '@hot-config/core'
import * as one from '@hot-config/nestjs'
import { createTestConfig } from '@hot-config/testing'
import { Controller, Get, Inject, Injectable, UseGuards } from '@nestjs/common'
import type { CanActivate, Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices'
import type { MicroserviceOptions } from '@nestjs/microservices'
import { ExpressAdapter } from '@nestjs/platform-express'
import { Test } from '@nestjs/testing'
import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'

import { json, moduleOf, platforms, serve } from '../nestjs/support.ts'
import { recordingLogger } from '../support/recording-logger.ts'

type Copy = typeof one

/** The second copy: what is published, while the first are the sources. */
const other = (await import(new URL('../../packages/nestjs/dist/index.js', import.meta.url).href)) as Copy

interface Config {
  readonly v: number
  readonly db: { readonly host: string }
}

/** A library that uses a configuration of the app. */
function libraryOf(copy: Copy): { readonly module: Type; readonly changes: unknown[] } {
  const slice = copy.configSlice<Config['db']>('db', {})
  const changes: unknown[] = []

  @Injectable()
  class Provider {
    @Inject(copy.HotConfigService) readonly service!: one.HotConfigService<Config>
    @copy.InjectHotConfig('named') readonly named!: one.HotConfigService<Config>
    @Inject(slice.KEY) readonly db!: Config['db']

    @copy.OnConfigChange('v')
    changed(v: number): void {
      changes.push(v)
    }
  }

  @Controller('library')
  class Library {
    @Inject(Provider) readonly provider!: Provider

    @Get()
    read(@copy.LiveConfig('v') v: number, @copy.LiveConfig('v', { name: 'named' }) namedV: number): unknown {
      const { service, named, db } = this.provider
      return [v, namedV, service.current.v, named.current.v, db.host]
    }
  }
  const imports = [copy.HotConfigModule.forFeature(slice)]
  return { module: moduleOf({ imports, controllers: [Library], providers: [Provider] }), changes }
}

const copies = [
  { app: 'sources', library: 'published', ofApp: one, ofLibrary: other },
  { app: 'published', library: 'sources', ofApp: other, ofLibrary: one },
]

describe.each(copies)('an app with the $app and a library with the $library', ({ ofApp, ofLibrary }) => {
  it.each(platforms)('share their configurations on %s', async (_, createAdapter) => {
    const config = createTestConfig({ v: 1, db: { host: 'a' } })
    const named = createTestConfig({ v: 10, db: { host: 'b' } })
    const library = libraryOf(ofLibrary)
    await using served = await serve(createAdapter(), {
      imports: [
        ofApp.HotConfigModule.forRoot({ config, isGlobal: true }),
        ofApp.HotConfigModule.forRoot({ config: named, name: 'named', isGlobal: true }),
        library.module,
      ],
    })
    await config.set({ v: 2, db: { host: 'c' } })
    expect(await json(`${served.url}/library`)).toEqual([2, 10, 2, 10, 'c'])
    expect(library.changes).toEqual([2])
  })

  it('replace the configuration in a test', async () => {
    const testing = await Test.createTestingModule({ imports: [ofApp.HotConfigModule.forRoot({ sources: 'nowhere' })] })
      .overrideProvider(ofLibrary.HotConfigService)
      .useValue(new ofLibrary.HotConfigService(createTestConfig({ v: 3 })))
      .compile()
    expect(testing.get(ofApp.HotConfigService).current).toEqual({ v: 3 })
    await testing.close()
  })

  it("can't both have a configuration without a name", async () => {
    const config = createTestConfig({ v: 1 })
    const imports = [ofApp.HotConfigModule.forRoot({ config }), ofLibrary.HotConfigModule.forRoot({ config })]
    await expect(Test.createTestingModule({ imports }).compile()).rejects.toThrow('two HotConfigModules have no name')
  })

  it('warn about a path that nobody knows', async () => {
    @Controller()
    class Root {
      @Get()
      read(@ofLibrary.LiveConfig('typo') typo: unknown): unknown {
        return typo
      }
    }
    const logger = recordingLogger()
    await using config = await createHotConfig({ sources: values({ v: 1 }), logger })
    await using _ = await serve(new ExpressAdapter(), {
      imports: [ofApp.HotConfigModule.forRoot({ config })],
      controllers: [Root],
    })
    expect(logger.at('warn').map(({ message }) => message)).toEqual([expect.stringContaining('@LiveConfig "typo"')])
  })

  it('have one snapshot for a message', async () => {
    const config = createTestConfig<Config>({ v: 1, db: { host: 'a' } })

    @Injectable()
    class Guard implements CanActivate {
      async canActivate(): Promise<boolean> {
        const { v } = requestConfig() as unknown as Config
        await config.update({ v: v + 1 })
        return true
      }
    }

    @Controller()
    class Messages {
      @MessagePattern('read')
      @UseGuards(Guard)
      read(@ofLibrary.LiveConfig('v') v: number): number {
        return v
      }
    }
    const metadata = { imports: [ofApp.HotConfigModule.forRoot({ config })], controllers: [Messages] }
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(moduleOf(metadata), {
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: 0 },
      logger: false,
      abortOnError: false,
    })
    await app.listen()
    const { port } = app.unwrap<Server>().address() as AddressInfo
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } })
    expect([await lastValueFrom(client.send('read', {})), config.current.v]).toEqual([1, 2])
    await client.close()
    await app.close()
  })
})
