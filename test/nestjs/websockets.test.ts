import { HotConfigModule, LiveConfig } from '@hot-config/nestjs'
import { createTestConfig } from '@hot-config/testing'
import type { TestConfig } from '@hot-config/testing'
import { UsePipes } from '@nestjs/common'
import type { PipeTransform } from '@nestjs/common'
import { WsAdapter } from '@nestjs/platform-ws'
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'

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

describe.each(platforms)('a WebSocket on %s', (_name, createAdapter) => {
  it('has one snapshot for each message, although the connection lasts longer', async () => {
    const imports = [HotConfigModule.forRoot({ config, health: false })]
    await using served = await serve(createAdapter(), { imports, providers: [Gateway] }, (app) =>
      app.useWebSocketAdapter(new WsAdapter(app)),
    )
    const socket = new WebSocket(served.url.replace('http', 'ws'))
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    const ask = (id: string): Promise<{ readonly id: string; readonly read: readonly number[] }> => {
      const answer = new Promise<Buffer>((resolve) => socket.once('message', resolve))
      socket.send(JSON.stringify({ event: 'read', data: id }))
      return answer.then((text) => JSON.parse(text.toString()) as never)
    }
    const reads: number[] = []
    for (const id of ['a', 'b', 'c']) {
      const { id: answered, read } = await ask(id)
      expect([answered, new Set(read).size]).toEqual([id, 1])
      reads.push(read[0] as number)
    }
    expect(new Set(reads).size).toBe(3)
    socket.terminate()
  })
})
