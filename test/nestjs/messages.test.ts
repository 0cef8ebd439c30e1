import type { AddressInfo, Server } from 'node:net'

import { HotConfigModule, HotConfigService, LiveConfig } from '@hot-config/nestjs'
import { createTestConfig } from '@hot-config/testing'
import { Controller, Inject, Injectable } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices'
import type { MicroserviceOptions } from '@nestjs/microservices'
import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'

import { moduleOf, start } from './support.ts'

interface Config {
  readonly text: string
}

@Controller()
class Messages {
  @MessagePattern('text')
  text(@LiveConfig('text') text: string, @LiveConfig() config: Config): unknown {
    return [text, config]
  }
}

@Injectable()
class Job {
  @Inject(HotConfigService) readonly service!: HotConfigService<Config>
}

describe('outside HTTP', () => {
  it('a message handler receives the current snapshot with every message', async () => {
    const config = createTestConfig<Config>({ text: 'first' })
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(
      moduleOf({ imports: [HotConfigModule.forRoot({ config })], controllers: [Messages] }),
      { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 }, logger: false, abortOnError: false },
    )
    await app.listen()
    const { port } = app.unwrap<Server>().address() as AddressInfo
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } })
    const ask = (): Promise<unknown> => lastValueFrom(client.send('text', {}))

    expect(await ask()).toEqual(['first', { text: 'first' }])
    await config.set({ text: 'second' })
    expect(await ask()).toEqual(['second', { text: 'second' }])

    await client.close()
    await app.close()
  })

  it('a provider without any request reads the current snapshot', async () => {
    const config = createTestConfig<Config>({ text: 'first' })
    await using started = await start({ imports: [HotConfigModule.forRoot({ config })], providers: [Job] })
    const { service } = started.app.get(Job)
    expect(service.current).toEqual({ text: 'first' })
    await config.set({ text: 'second' })
    expect(service.current).toEqual({ text: 'second' })
    expect(service.get('text')).toBe('second')
    expect(service.snapshot.version).toBe(2)
  })
})
