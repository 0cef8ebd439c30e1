import fastifySwagger from '@fastify/swagger'
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { hotConfig } from '@hot-config/fastify'
import { createTestConfig } from '@hot-config/testing'
import Fastify from 'fastify'
import type { FastifyInstance, FastifySchemaCompiler, FastifySerializerCompiler, FastifyTypeProvider } from 'fastify'
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import pino from 'pino'
import { Type } from 'typebox'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

interface ValibotTypeProvider extends FastifyTypeProvider {
  validator: this['schema'] extends v.GenericSchema ? v.InferOutput<this['schema']> : unknown
  serializer: this['schema'] extends v.GenericSchema ? v.InferInput<this['schema']> : unknown
}

/** What providers for valibot do: they know no other schema. */
const valibotValidator: FastifySchemaCompiler<v.GenericSchema> =
  ({ schema }) =>
  (data) => {
    const { success, output, issues } = v.safeParse(schema, data)
    return success ? { value: output } : { error: new Error(issues[0].message) }
  }
const valibotSerializer: FastifySerializerCompiler<v.GenericSchema> = ({ schema }) => {
  if ((schema as { kind?: string }).kind !== 'schema') throw new Error('no schema of valibot')
  return (data) => JSON.stringify(v.parse(schema, data))
}

/** An app with a route of its own that the provider validates, and with our plugin before or after the compilers. */
const PROVIDERS: readonly [name: string, set: (app: FastifyInstance) => void, route: (app: FastifyInstance) => void][] =
  [
    [
      'zod',
      (app) => app.setValidatorCompiler(validatorCompiler).setSerializerCompiler(serializerCompiler),
      (app) => {
        const schema = {
          querystring: z.object({ n: z.coerce.number() }),
          response: { 200: z.object({ n: z.number() }) },
        }
        app.withTypeProvider<ZodTypeProvider>().get('/own', { schema }, async ({ query }) => ({ n: query.n }))
      },
    ],
    [
      'TypeBox',
      (app) => app.setValidatorCompiler(TypeBoxValidatorCompiler),
      (app) => {
        const schema = {
          querystring: Type.Object({ n: Type.String() }),
          response: { 200: Type.Object({ n: Type.Number() }) },
        }
        app
          .withTypeProvider<TypeBoxTypeProvider>()
          .get('/own', { schema }, async ({ query }) => ({ n: Number(query.n) }))
      },
    ],
    [
      'valibot',
      (app) => app.setValidatorCompiler(valibotValidator).setSerializerCompiler(valibotSerializer),
      (app) => {
        const schema = {
          querystring: v.object({ n: v.pipe(v.string(), v.transform(Number)) }),
          response: { 200: v.object({ n: v.number() }) },
        }
        app.withTypeProvider<ValibotTypeProvider>().get('/own', { schema }, async ({ query }) => ({ n: query.n }))
      },
    ],
    [
      'a compiler that accepts no schema of others',
      (app) =>
        app.setSerializerCompiler(() => {
          throw new Error('unknown schema')
        }),
      (app) => void app.get('/own', async () => ({ n: 1 })),
    ],
  ]

describe.each(PROVIDERS)('an app with the type provider of %s', (_name, set, route) => {
  it.each(['before', 'after'])('starts when the compilers come %s the plugin, and serves both', async (when) => {
    const app = Fastify()
    if (when === 'before') set(app)
    await app.register(hotConfig, { config: createTestConfig({ a: 1 }) })
    if (when === 'after') set(app)
    route(app)
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const health = await fetch(`${url}/config/health`)
    expect(health.status).toBe(200)
    expect(health.headers.get('content-type')).toBe('application/health+json; charset=utf-8')
    expect(await health.json()).toEqual(JSON.parse(JSON.stringify(app.hotConfig.health())))
    expect(await (await fetch(`${url}/own?n=1`)).json()).toEqual({ n: 1 })
    await app.close()
  })
})

it('is registered in apps with other servers, loggers and type providers, as the compiler sees it', async () => {
  const options = { config: createTestConfig({ a: 1 }), health: { routeOptions: { schema: { hide: true } } } }
  const apps = [
    Fastify().withTypeProvider<ZodTypeProvider>().register(hotConfig, options),
    Fastify({ loggerInstance: pino({ level: 'silent' }) }).register(hotConfig, options),
    Fastify({ http2: true }).register(hotConfig, options),
  ]
  for (const app of apps) {
    await app
    expect(app.hotConfig.current).toEqual({ a: 1 })
    await app.close()
  }
})

describe('an app with @fastify/swagger', () => {
  interface Paths {
    readonly paths: Record<string, { get: { summary?: string; responses?: Record<string, { content?: object }> } }>
  }
  const documented = async (
    swagger: FastifyDynamicSwaggerOptions,
    routeOptions: object = {},
    prepare: (app: FastifyInstance) => void = () => undefined,
  ): Promise<Paths> => {
    const app = Fastify()
    prepare(app)
    await app.register(fastifySwagger, swagger)
    await app.register(hotConfig, { config: createTestConfig({ a: 1 }), health: { routeOptions } })
    await app.ready()
    const document = app.swagger() as unknown as Paths
    await app.close()
    return document
  }
  const withZod: FastifyDynamicSwaggerOptions = {
    openapi: { openapi: '3.0.3' },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  }

  it.each([
    ['zod 3.0', withZod],
    ['zod 3.1', { ...withZod, openapi: { openapi: '3.1.0' } }],
    ['none', { openapi: { openapi: '3.0.3' } }],
    [
      'one that accepts no schema of others',
      {
        openapi: { openapi: '3.0.3' },
        transform: () => {
          throw new Error('unknown schema')
        },
      },
    ],
  ] satisfies [string, FastifyDynamicSwaggerOptions][])(
    'documents the health route with the transform: %s',
    async (_name, swagger) => {
      const { paths } = await documented(swagger, {}, (app) => {
        app.setValidatorCompiler(validatorCompiler)
        app.setSerializerCompiler(serializerCompiler)
      })
      const { get } = paths['/config/health']!
      expect(get.summary).toBe('What configuration this process runs')
      expect(Object.keys(get.responses ?? {})).toEqual(['200', '503'])
      expect(get.responses?.['200']?.content).toHaveProperty([
        'application/health+json',
        'schema',
        'properties',
        'status',
      ])
    },
  )

  it('hides the health route with `schema: { hide: true }`', async () => {
    for (const swagger of [withZod, { openapi: { openapi: '3.0.3' } }]) {
      expect((await documented(swagger, { schema: { hide: true } })).paths).toEqual({})
    }
  })

  it('has the tags and the transform of the route options', async () => {
    const { paths } = await documented(withZod, {
      schema: { tags: ['operations'], summary: 'ours' },
      config: { swaggerTransform: ({ schema, url }: { schema: object; url: string }) => ({ schema, url: `/x${url}` }) },
    })
    expect(paths['/x/config/health']?.get).toMatchObject({ tags: ['operations'], summary: 'ours' })
  })
})
