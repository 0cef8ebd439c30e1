import { posix } from 'node:path'

import { adapt, answerHealth } from '@hot-config/core'
import type { AdapterOptions, HotConfig, Registered, RegisteredConfig, Schema } from '@hot-config/core'
import { RequestPin, watchRequests } from '@hot-config/core/internal'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

import { healthSchema } from './health-schema.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** The live configuration. */
    hotConfig: HotConfig<Registered>
  }
  interface FastifyRequest {
    /** The configuration that was current when this request first read it, unchanged until the request ends. */
    readonly config: RegisteredConfig
  }
}

/** The options of `createHotConfig`, or an existing `config`, and `health`. The default logger is that of the app. */
export type HotConfigPluginOptions<S extends Schema | undefined = Schema | undefined> = AdapterOptions<S>

/** The options that `register` itself reads. */
interface RegisterOptions {
  readonly prefix?: string
  readonly logLevel?: string
  readonly logSerializers?: object
}

/**
 * The first load may last for this part of Fastify's time limit for plugins. When the whole limit is over, Fastify
 * fails with an error of its own, which does not say what is wrong with the configuration.
 */
const MAX_START_RATIO = 0.9

async function hotConfigPlugin(app: FastifyInstance, options: HotConfigPluginOptions & RegisterOptions): Promise<void> {
  const { prefix = '', logLevel: _level, logSerializers: _serializers, ...rest } = options
  const { pluginTimeout } = app.initialConfig
  const { config, ready, healthPath, runInRequest, close } = adapt(
    rest.config || rest.logger !== undefined ? rest : { ...rest, logger: app.log },
    { withinMs: pluginTimeout ? pluginTimeout * MAX_START_RATIO : undefined },
  )
  app.addHook('onClose', close)
  await ready

  // Each registration has a slot of its own, so that nested scopes can have configurations of their own.
  const pinned = new RequestPin<RegisteredConfig>(() => config.current)
  app.decorate('hotConfig', config)
  app.decorateRequest(pinned.slot)
  app.decorateRequest('config', {
    getter(this: FastifyRequest) {
      return pinned.of(this)
    },
  })

  if (runInRequest) {
    const enter = (request: FastifyRequest, _reply: FastifyReply, done: () => void): void => runInRequest(request, done)
    app.addHook('onRequest', enter)
  }

  const healthUrl = healthPath === undefined ? undefined : posix.join('/', prefix, healthPath)
  const watch = watchRequests(config, pinned)
  if (watch) {
    app.addHook('onRequest', (request, reply, done) => {
      if (request.routeOptions.url !== healthUrl) watch(request, reply.raw)
      done()
    })
  }

  if (healthUrl === undefined) return
  const { health } = rest
  const schema = healthSchema(health !== false && health?.page === true)
  // Joins the prefix as Fastify does. Fastify itself adds it only to routes of plugins with a scope of their own.
  app.get(healthUrl, { schema }, async (request, reply) => {
    const { statusCode, headers, body } = await answerHealth(config, request, health)
    return reply.code(statusCode).headers(headers).send(body)
  })
}

/**
 * Adds live configuration to a Fastify app: `app.hotConfig`, `request.config` and `GET /config/health`.
 *
 * Registering fails with a `ConfigError` when there is no valid configuration. The configuration closes with the app.
 */
export const hotConfig: FastifyPluginAsync<HotConfigPluginOptions> = fp(hotConfigPlugin, {
  fastify: '5.x',
  name: '@hot-config/fastify',
})
