import { requestConfig } from '@hot-config/core'
import { HotConfigModule, HotConfigService, LiveConfig } from '@hot-config/nestjs'
import { createTestConfig } from '@hot-config/testing'
import type { TestConfig } from '@hot-config/testing'
import { ApolloDriver } from '@nestjs/apollo'
import { Inject, Injectable, UseGuards } from '@nestjs/common'
import type { CanActivate, DynamicModule, ExecutionContext } from '@nestjs/common'
import type { AbstractHttpAdapter } from '@nestjs/core'
import {
  Field,
  GqlExecutionContext,
  GraphQLModule,
  Mutation,
  ObjectType,
  Query,
  ResolveField,
  Resolver,
  Subscription,
} from '@nestjs/graphql'
import { MercuriusDriver } from '@nestjs/mercurius'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'

import { json, serve } from './support.ts'

interface Config {
  readonly n: number
}

@ObjectType()
class Thing {
  @Field(() => Number)
  readonly parent!: number
}

const EVENTS = 5

let config: TestConfig<Config>

beforeEach(() => {
  config = createTestConfig<Config>({ n: 1 })
})

/** Changes the configuration, which every resolver does before it returns. */
const change = (): Promise<unknown> => config.set({ n: config.current.n + 1 })

@Injectable()
class Guard implements CanActivate {
  @Inject(HotConfigService) readonly service!: HotConfigService<Config>

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { req } = GqlExecutionContext.create(context).getContext<{ readonly req: object }>()
    const { n } = this.service.forRequest(req)
    await change()
    return n === this.service.forRequest(req).n
  }
}

@Resolver(() => Thing)
class Things {
  @Query(() => Thing)
  async thing(@LiveConfig('n') n: number, @LiveConfig() all: Config): Promise<Thing> {
    await change()
    return { parent: n === all.n ? n : -1 }
  }

  @UseGuards(Guard)
  @Query(() => [Thing])
  async things(@LiveConfig('n') n: number): Promise<Thing[]> {
    await change()
    return [{ parent: n }, { parent: n }]
  }

  @Mutation(() => Thing)
  async touch(@LiveConfig('n') n: number): Promise<Thing> {
    await change()
    return { parent: n }
  }

  @ResolveField(() => Number)
  async child(@LiveConfig('n') n: number): Promise<number> {
    await change()
    return n
  }

  @ResolveField(() => Number)
  async far(): Promise<unknown> {
    await change()
    return requestConfig()['n']
  }

  @Subscription(() => Thing, { resolve: (event: { readonly at: number }) => ({ parent: event.at }) })
  async *events(): AsyncGenerator<{ readonly at: number }> {
    for (let event = 0; event < EVENTS; event++) {
      await change()
      yield { at: config.current.n }
    }
  }
}

type Options = Record<string, unknown>

const SERVERS: [
  name: string,
  createAdapter: () => AbstractHttpAdapter,
  moduleWith: (options: Options) => DynamicModule,
][] = [
  [
    'Apollo on platform-express',
    () => new ExpressAdapter(),
    (options) => GraphQLModule.forRoot({ driver: ApolloDriver, autoSchemaFile: true, ...options }),
  ],
  [
    'Mercurius on platform-fastify',
    () => new FastifyAdapter(),
    (options) => GraphQLModule.forRoot({ driver: MercuriusDriver, autoSchemaFile: true, ...options }),
  ],
]

function post(url: string, body: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json' }
  return json(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) })
}

const ALL = 'parent child far'
const once = (n: number): object => ({ parent: n, child: n, far: n })

describe.each(SERVERS)('a GraphQL operation with %s', (_name, createAdapter, graphql) => {
  const app = (options: Options = {}): Parameters<typeof serve>[1] => ({
    imports: [HotConfigModule.forRoot({ config, isGlobal: true, requestContext: true }), graphql(options)],
    providers: [Things, Guard],
  })

  it.each([
    ['no context of its own', undefined],
    ['a context that is a function', () => ({ user: 'somebody' })],
  ])('has one snapshot in all resolvers, guards and what they call, with %s', async (_, context) => {
    await using served = await serve(createAdapter(), app(context ? { context } : {}))
    const query = `{ a: thing { ${ALL} } b: thing { ${ALL} } things { ${ALL} } }`
    expect(await post(served.url, { query })).toEqual({ data: { a: once(1), b: once(1), things: [once(1), once(1)] } })
    const { n } = config.current
    expect(n).toBeGreaterThan(1)
    const mutation = { query: `mutation { a: touch { ${ALL} } b: touch { ${ALL} } }` }
    expect(await post(served.url, mutation)).toEqual({ data: { a: once(n), b: once(n) } })
  })

  it.each([
    ['has no request', () => ({ req: {} })],
    ['is one object for all operations, in which Nest may leave the first request', { shared: true }],
  ])('has one snapshot where the context %s', async (_, context) => {
    await using served = await serve(createAdapter(), app({ context }))
    const query = '{ a: thing { parent child } b: thing { parent child } }'
    expect(await post(served.url, { query })).toEqual({
      data: { a: { parent: 1, child: 1 }, b: { parent: 1, child: 1 } },
    })
    const { n } = config.current
    expect(await post(served.url, { query })).toMatchObject({ data: { a: { parent: n, child: n } } })
  })
})

describe('a GraphQL request with several operations', () => {
  it('has one snapshot', async () => {
    await using served = await serve(new FastifyAdapter(), {
      imports: [
        HotConfigModule.forRoot({ config, isGlobal: true, requestContext: true }),
        GraphQLModule.forRoot({ driver: MercuriusDriver, autoSchemaFile: true, allowBatchedQueries: true }),
      ],
      providers: [Things, Guard],
    })
    const query = `{ thing { ${ALL} } }`
    const answer = { data: { thing: once(1) } }
    expect(await post(served.url, [{ query }, { query }])).toEqual([answer, answer])
  })
})

describe('a GraphQL subscription', () => {
  it('has one snapshot for each event, although the connection lasts longer', async () => {
    await using served = await serve(new FastifyAdapter(), {
      imports: [
        HotConfigModule.forRoot({ config, isGlobal: true }),
        GraphQLModule.forRoot({ driver: MercuriusDriver, autoSchemaFile: true, subscription: true }),
      ],
      providers: [Things, Guard],
    })
    const socket = new WebSocket(`${served.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    const events: { parent: number; a: number; b: number }[] = []
    const send = (message: object): void => socket.send(JSON.stringify(message))
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject)
      socket.on('open', () => send({ type: 'connection_init' }))
      socket.on('message', (data: Buffer) => {
        const { type, payload } = JSON.parse(data.toString()) as { type: string; payload: { data: { events: never } } }
        const query = 'subscription { events { parent a: child b: child } }'
        if (type === 'connection_ack') send({ id: '1', type: 'subscribe', payload: { query } })
        else if (type === 'next') events.push(payload.data.events)
        else if (type === 'error') reject(new Error(data.toString()))
        if (events.length === EVENTS) resolve()
      })
    })
    socket.terminate()
    expect(events.map(({ a, b }) => a === b)).toEqual(events.map(() => true))
    expect(new Set(events.map(({ a }) => a)).size).toBe(EVENTS)
  })
})
