import { requestConfig } from '@hot-config/core'
import { HotConfigModule, LiveConfig } from '@hot-config/nestjs'
import { createTestConfig } from '@hot-config/testing'
import type { TestConfig } from '@hot-config/testing'
import { Injectable, Scope, UseGuards, UseInterceptors, UsePipes } from '@nestjs/common'
import type { PipeTransform, Type } from '@nestjs/common'
import type { AbstractHttpAdapter } from '@nestjs/core'
import { WsAdapter } from '@nestjs/platform-ws'
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { defer, from, mergeMap } from 'rxjs'
import type { Observable } from 'rxjs'
import { beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'

import { partsThatNote } from './parts-that-note.ts'
import { platforms, serve } from './support.ts'

interface Config {
  readonly n: number
}

let config: TestConfig<Config>

beforeEach(() => {
  config = createTestConfig<Config>({ n: 1 })
})

/** Changes the configuration while parameters are being read. */
class ChangingPipe implements PipeTransform {
  async transform(value: unknown): Promise<unknown> {
    await config.set({ n: config.current.n + 1 })
    return value
  }
}

const seen: number[] = []

/** Reads the configuration, and changes it. */
async function note(): Promise<void> {
  seen.push((requestConfig() as unknown as Config).n)
  await config.set({ n: config.current.n + 1 })
}

const { Guard, Interceptor } = partsThatNote(note)

class Handlers {
  @UseGuards(Guard)
  @UseInterceptors(Interceptor)
  @UsePipes(ChangingPipe)
  @SubscribeMessage('whole')
  async whole(@LiveConfig('n') n: number, @MessageBody() id: string): Promise<unknown> {
    await note()
    return { id, read: [n] }
  }

  @SubscribeMessage('stream')
  stream(@MessageBody() id: string): Observable<unknown> {
    const noted = defer(() => from(note()))
    return noted.pipe(
      mergeMap(() => noted),
      mergeMap(async () => ({ id, read: seen.splice(0) })),
    )
  }
}

@WebSocketGateway()
class Whole extends Handlers {}

@WebSocketGateway()
@Injectable({ scope: Scope.REQUEST })
class ScopedWhole extends Handlers {}

@WebSocketGateway()
class Gateway {
  @UsePipes(ChangingPipe)
  @SubscribeMessage('read')
  read(
    @LiveConfig('n') a: number,
    @MessageBody() id: string,
    @LiveConfig('n') b: number,
    @LiveConfig() c: Config,
  ): unknown {
    return { id, read: [a, b, c.n] }
  }
}

interface Answer {
  readonly id: string
  readonly read: readonly number[]
}

interface Connection extends AsyncDisposable {
  readonly ask: (event: string, data: string) => Promise<Answer>
}

async function connect(createAdapter: () => AbstractHttpAdapter, gateway: Type): Promise<Connection> {
  const imports = [HotConfigModule.forRoot({ config, health: false })]
  const served = await serve(createAdapter(), { imports, providers: [gateway] }, (app) =>
    app.useWebSocketAdapter(new WsAdapter(app)),
  )
  const socket = new WebSocket(served.url.replace('http', 'ws'))
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return {
    async ask(event, data) {
      const answer = new Promise<Buffer>((resolve) => socket.once('message', resolve))
      socket.send(JSON.stringify({ event, data }))
      return JSON.parse((await answer).toString()) as Answer
    },
    async [Symbol.asyncDispose]() {
      socket.terminate()
      await served[Symbol.asyncDispose]()
    },
  }
}

describe.each(platforms)('a WebSocket on %s', (_name, createAdapter) => {
  it('has one snapshot for each message, although the connection lasts longer', async () => {
    await using connection = await connect(createAdapter, Gateway)
    const reads: number[] = []
    for (const id of ['a', 'b', 'c']) {
      const { id: answered, read } = await connection.ask('read', id)
      expect([answered, new Set(read).size]).toEqual([id, 1])
      reads.push(read[0] as number)
    }
    expect(new Set(reads).size).toBe(3)
  })

  it.each([
    ['a gateway', Whole],
    ['a gateway of request scope', ScopedWhole],
  ])('has one snapshot for guards, interceptors, parameters and handler of a message of %s', async (_, gateway) => {
    await using connection = await connect(createAdapter, gateway)
    for (const id of ['a', 'b', 'c']) {
      const { n } = config.current
      expect(await connection.ask('whole', id)).toEqual({ id, read: [n] })
      expect(seen.splice(0)).toEqual([n, n, n, n])
    }
    const { n } = config.current
    expect(await connection.ask('stream', 'd')).toEqual({ id: 'd', read: [n, n] })
  })
})
