import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { INSTALL_MS, Project } from './project.ts'

/** A strict app as the documentation of the type provider for zod sets it up. */
const FASTIFY = `
import swagger from '@fastify/swagger'
import { hotConfig } from '@hot-config/fastify'
import Fastify from 'fastify'
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'

const schema = z.object({ greeting: z.string(), log: z.object({ level: z.enum(['info', 'debug']) }) })
declare module '@hot-config/core' {
  interface Register { config: z.infer<typeof schema> }
}

const app = Fastify({ logger: { level: 'silent' } }).withTypeProvider<ZodTypeProvider>()
app.setValidatorCompiler(validatorCompiler)
app.setSerializerCompiler(serializerCompiler)
await app.register(swagger, { openapi: { info: { title: 'app', version: '1' } }, transform: jsonSchemaTransform })
await app.register(hotConfig, {
  schema,
  sources: process.argv[2]!,
  health: {
    routeOptions: {
      logLevel: 'warn',
      schema: { tags: ['operations'] },
      onRequest: async (request, reply) => {
        if (request.headers.authorization === undefined) await reply.code(401).send()
      },
    },
  },
})
app.hotConfig.onChange('log.level', (level) => (app.log.level = level), { immediate: true })
app.get('/', { schema: { querystring: z.object({ name: z.string() }), response: { 200: z.object({ text: z.string() }) } } },
  async (request) => ({ text: request.config.greeting + ', ' + request.query.name }))

const url = await app.listen({ port: 0, host: '127.0.0.1' })
const greeting = await (await fetch(url + '/?name=you')).text()
const codes = [
  (await fetch(url + '/config/health')).status,
  (await fetch(url + '/config/health', { headers: { authorization: 'x' } })).status,
]
console.log(greeting, codes.join(), app.log.level, Object.keys(app.swagger().paths ?? {}).join())
await app.close()
`

const HONO = `
import { serve } from '@hono/node-server'
import type { AddressInfo } from 'node:net'
import { createHotConfig, healthHandler, requestConfig, RequestPin } from '@hot-config/core'
import { Hono } from 'hono'

const config = await createHotConfig({ sources: process.argv[2]!, logger: false })
const health = healthHandler(config, { details: (request) => request.headers.has('authorization') })
const pin = new RequestPin(config)
const app = new Hono()
app.get('/config/health', ({ req }) => health(req.raw))
app.use(({ req }, next) => pin.run(req.raw, next))
app.get('/', (c) => c.text(String(requestConfig()['greeting'])))
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, async ({ port }: AddressInfo) => {
  const url = 'http://127.0.0.1:' + port
  console.log(await (await fetch(url)).text(), await (await fetch(url + '/config/health')).text())
  server.close()
  await config.close()
})
`

const KOA = `
import type { AddressInfo } from 'node:net'
import { createHotConfig, nodeHealthHandler, RequestPin } from '@hot-config/core'
import Koa from 'koa'

const config = await createHotConfig({ sources: process.argv[2]!, logger: false })
const health = nodeHealthHandler(config, { details: ({ headers }) => headers['authorization'] !== undefined })
const pin = new RequestPin(config)
const app = new Koa()
app.use((context, next) => {
  context.respond = !health(context.req, context.res)
  return context.respond ? next() : undefined
})
app.use((context, next) => pin.run(context.req, next))
app.use((context) => {
  context.body = String(pin.of(context.req)['greeting'])
})
const server = app.listen(0, '127.0.0.1', async () => {
  const url = 'http://127.0.0.1:' + (server.address() as AddressInfo).port
  console.log(await (await fetch(url)).text(), await (await fetch(url + '/config/health')).text())
  server.close()
  await config.close()
})
`

describe('a strict program in TypeScript', () => {
  let project: Project

  beforeAll(async () => {
    project = await Project.create(
      {
        '@fastify/swagger': '^9.5.1',
        '@hono/node-server': '^2.0.0',
        '@types/koa': '^3.0.0',
        '@types/node': '^20.19.0',
        fastify: '^5.5.0',
        'fastify-type-provider-zod': '^7.0.0',
        hono: '^4.0.0',
        koa: '^3.0.0',
        typescript: '~5.9.3',
        zod: '^4.1.5',
      },
      { type: 'module' },
    )
    await project.write({
      'config/app.yaml': 'greeting: Hello\nlog: { level: debug }',
      'src/fastify.ts': FASTIFY,
      'src/hono.ts': HONO,
      'src/koa.ts': KOA,
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          target: 'es2022',
          module: 'nodenext',
          strict: true,
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          noPropertyAccessFromIndexSignature: true,
          skipLibCheck: true,
          types: ['node'],
          outDir: 'out',
        },
        include: ['src'],
      }),
    })
    await project.bin('tsc', '-p', '.')
  }, INSTALL_MS)

  afterAll(() => project[Symbol.asyncDispose]())

  it('is a Fastify app with the type provider for zod and with swagger', async () => {
    // the log comes before it
    const last = (await project.node('out/fastify.js', 'config')).trim().split('\n').at(-1)
    const [greeting, codes, level, paths] = last?.split(/(?<!,) /) ?? []
    expect(greeting).toBe('{"text":"Hello, you"}')
    expect([codes, level]).toEqual(['401,200', 'debug'])
    expect(paths?.split(',')).toEqual(['/config/health', '/'])
  })

  it.each(['hono', 'koa'])('is an app with %s', async (name) => {
    expect(await project.node(`out/${name}.js`, 'config')).toBe('Hello {"status":"pass"}\n')
  })
})
