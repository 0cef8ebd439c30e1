import type { AddressInfo, Server } from 'node:net'

import { HotConfigModule, HotConfigService, LiveConfig } from '@hot-config/nestjs'
import { createTestConfig } from '@hot-config/testing'
import { Controller, Inject, Injectable, UsePipes } from '@nestjs/common'
import type { PipeTransform } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ClientProxyFactory, MessagePattern, Payload, Transport } from '@nestjs/microservices'
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

  it('all parameters of a message have one snapshot, although pipes wait between them', async () => {
    const config = createTestConfig({ n: 1 })

    class ChangingPipe implements PipeTransform {
      async transform(value: unknown): Promise<unknown> {
        await config.set({ n: config.current.n + 1 })
        return value
      }
    }

    @Controller()
    class Reads {
      @UsePipes(ChangingPipe)
      @MessagePattern('read')
      read(@LiveConfig('n') a: number, @Payload() id: string, @LiveConfig() b: { readonly n: number }): unknown {
        return { id, read: [a, b.n] }
      }
    }
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(
      moduleOf({ imports: [HotConfigModule.forRoot({ config })], controllers: [Reads] }),
      { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 }, logger: false, abortOnError: false },
    )
    await app.listen()
    const { port } = app.unwrap<Server>().address() as AddressInfo
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } })
    const ids = Array.from({ length: 20 }, (_, id) => id)
    const answers = await Promise.all(
      ids.map((id) => lastValueFrom(client.send<{ id: number; read: number[] }>('read', id))),
    )
    expect(answers.map(({ id }) => id)).toEqual(ids)
    expect(answers.map(({ read }) => new Set(read).size)).toEqual(ids.map(() => 1))
    expect(await lastValueFrom(client.send('read', 'last'))).not.toMatchObject({ read: answers[0]?.read })
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
