import type { AddressInfo, Server } from 'node:net'

import { requestConfig } from '@hot-config/core'
import { HotConfigModule, HotConfigService, LiveConfig } from '@hot-config/nestjs'
import { createTestConfig } from '@hot-config/testing'
import type { TestConfig } from '@hot-config/testing'
import { Controller, Inject, Injectable, Scope, UseGuards, UseInterceptors, UsePipes } from '@nestjs/common'
import type { ModuleMetadata, PipeTransform } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ClientProxyFactory, EventPattern, MessagePattern, Payload, Transport } from '@nestjs/microservices'
import type { ClientProxy, MicroserviceOptions, TcpOptions } from '@nestjs/microservices'
import { defer, from, lastValueFrom, mergeMap, toArray } from 'rxjs'
import type { Observable } from 'rxjs'
import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { partsThatNote } from './parts-that-note.ts'
import { moduleOf, platforms, start } from './support.ts'

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
    await using started = await microservice({
      imports: [HotConfigModule.forRoot({ config })],
      controllers: [Messages],
    })

    expect(await started.ask('text')).toEqual(['first', { text: 'first' }])
    await config.set({ text: 'second' })
    expect(await started.ask('text')).toEqual(['second', { text: 'second' }])
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
    await using started = await microservice({ imports: [HotConfigModule.forRoot({ config })], controllers: [Reads] })
    const { client } = started
    const ids = Array.from({ length: 20 }, (_, id) => id)
    const answers = await Promise.all(
      ids.map((id) => lastValueFrom(client.send<{ id: number; read: number[] }>('read', id))),
    )
    expect(answers.map(({ id }) => id)).toEqual(ids)
    expect(answers.map(({ read }) => new Set(read).size)).toEqual(ids.map(() => 1))
    expect(await lastValueFrom(client.send('read', 'last'))).not.toMatchObject({ read: answers[0]?.read })
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

interface Counted {
  readonly n: number
}

/** Everything of Nest that handles a message, each part of which changes the configuration after it has read it. */
function partsThatChange(config: TestConfig<Counted>) {
  const read = async (): Promise<unknown> => {
    const { n } = requestConfig()
    await config.set({ n: config.current.n + 1 })
    return n
  }
  const seen: unknown[] = []
  const readings = (): unknown[] => seen.splice(0)
  const note = async (): Promise<void> => {
    seen.push(await read())
  }

  @Injectable()
  class Pipe implements PipeTransform {
    async transform(value: unknown): Promise<unknown> {
      await note()
      return value
    }
  }
  return { ...partsThatNote(note), Pipe, read, note, readings }
}

const TCP: TcpOptions = { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } }

interface Asked extends AsyncDisposable {
  readonly client: ClientProxy
  readonly ask: (pattern: string) => Promise<unknown>
}

function asked(server: Server, app: { close(): Promise<unknown> }): Asked {
  const { port } = server.address() as AddressInfo
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } })
  return {
    client,
    ask: (pattern) => lastValueFrom(client.send<unknown>(pattern, {})),
    async [Symbol.asyncDispose]() {
      await client.close()
      await app.close()
    },
  }
}

async function microservice(metadata: ModuleMetadata): Promise<Asked> {
  const options = { ...TCP, logger: false, abortOnError: false } as const
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(moduleOf(metadata), options)
  await app.listen()
  return asked(app.unwrap<Server>(), app)
}

/** Starts a microservice by itself, and one that is connected to an app with HTTP. */
const starts: [name: string, begin: (metadata: ModuleMetadata) => Promise<Asked>][] = [
  ['a microservice', microservice],
  ...platforms.map(([name, createAdapter]): (typeof starts)[number] => [
    `a microservice that is connected to an app on ${name}`,
    async (metadata) => {
      const app = await NestFactory.create(moduleOf(metadata), createAdapter(), { logger: false, abortOnError: false })
      const service = app.connectMicroservice<MicroserviceOptions>(TCP)
      await app.startAllMicroservices()
      await app.listen(0, '127.0.0.1')
      return asked(service.unwrap<Server>(), app)
    },
  ]),
]

describe.each(starts)('a message of %s', (_name, begin) => {
  it.each([
    ['for all requests', Scope.DEFAULT],
    ['for each request', Scope.REQUEST],
  ])('is one unit of work, with one controller %s', async (_scope, scope) => {
    const config = createTestConfig<Counted>({ n: 1 })
    const { Guard, Interceptor, Pipe, note, read, readings } = partsThatChange(config)

    @Controller({ scope })
    @UseGuards(Guard)
    @UseInterceptors(Interceptor)
    class Messages {
      @MessagePattern('read')
      async read(@Payload(Pipe) _data: unknown, @LiveConfig('n') n: number, @LiveConfig() all: Counted) {
        await note()
        return [n, all.n]
      }

      @MessagePattern('stream')
      stream(): Observable<unknown> {
        return from([1, 2]).pipe(mergeMap(() => defer(read)))
      }
    }
    await using started = await begin({ imports: [HotConfigModule.forRoot({ config })], controllers: [Messages] })
    for (let message = 0; message < 3; message++) {
      const { n } = config.current
      expect(await started.ask('read')).toEqual([n, n])
      expect(readings()).toEqual([n, n, n, n, n])
    }
    const { n } = config.current
    expect(await lastValueFrom(started.client.send('stream', {}).pipe(toArray()))).toEqual([n, n])
    expect(new Set(readings())).toEqual(new Set([n]))
    // a message leaves nothing behind for others
    expect(() => requestConfig()).toThrow('outside a request')
  })

  it('keeps the snapshot of one message apart from those of others that are handled at the same time', async () => {
    const config = createTestConfig<Counted>({ n: 1 })
    const { Guard, Interceptor, read } = partsThatChange(config)

    @Controller()
    class Messages {
      @UseGuards(Guard)
      @UseInterceptors(Interceptor)
      @MessagePattern('read')
      async read(@LiveConfig('n') a: number, @LiveConfig('n') b: number): Promise<unknown> {
        return [await read(), await read(), a, b]
      }
    }
    await using started = await begin({ imports: [HotConfigModule.forRoot({ config })], controllers: [Messages] })
    const answers = await Promise.all(Array.from({ length: 20 }, () => started.ask('read') as Promise<number[]>))
    expect(answers.map((answer) => new Set(answer).size)).toEqual(answers.map(() => 1))
    expect(new Set(answers.map(([n]) => n)).size).toBeGreaterThan(1)
  })

  it('is one unit for all handlers of an event', async () => {
    const config = createTestConfig<Counted>({ n: 1 })
    const { read } = partsThatChange(config)
    const seen: unknown[] = []

    @Controller()
    class First {
      @EventPattern('happened')
      async handle(_data: unknown): Promise<void> {
        seen.push(await read())
      }
    }

    @Controller({ scope: Scope.REQUEST })
    class Second extends First {}

    @Controller()
    class Third extends First {}
    await using started = await begin({
      imports: [HotConfigModule.forRoot({ config })],
      controllers: [First, Second, Third],
    })
    for (const n of [1, 4]) {
      await lastValueFrom(started.client.emit('happened', {}))
      await eventually(() => expect(seen).toHaveLength(3))
      expect(seen.splice(0)).toEqual([n, n, n])
    }
  })
})
