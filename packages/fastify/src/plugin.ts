import { posix } from 'node:path'

import { adapt, answerHealth } from '@hot-config/core'
import type { AdapterOptions, HotConfig, Registered, RegisteredConfig, Schema } from '@hot-config/core'
import { RequestPin } from '@hot-config/core/internal'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

import { healthSchema } from './health-schema.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** The live configuration. */
    hotConfig: HotConfig<Registered>
  }
  interface FastifyRequest {
    /** The configuration as it was when this request first read it: the same until the request ends. */
    readonly config: RegisteredConfig
  }
}

/** The options of `createHotConfig`, or an existing `config`, and `health`. The logger is the app's unless given. */
export type HotConfigPluginOptions<S extends Schema | undefined = Schema | undefined> = AdapterOptions<S>

/** What `register` itself understands. */
interface RegisterOptions {
  readonly prefix?: string
  readonly logLevel?: string
  readonly logSerializers?: object
}

/**
 * The part of Fastify's time limit for a plugin that the first load may take. After the whole limit, Fastify would end the
 * start with an error of its own, which does not say what is wrong.
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

  // a slot of its own for every registration, so that scopes within scopes can each have their configuration
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

  if (healthPath === undefined) return
  const { health } = rest
  const schema = healthSchema(health !== false && health?.page === true)
  // what Fastify makes of a prefix, which does not hold for the routes of a plugin without a scope of its own
  app.get(posix.join('/', prefix, healthPath), { schema }, async (request, reply) => {
    const { statusCode, headers, body } = await answerHealth(config, request, health)
    return reply.code(statusCode).headers(headers).send(body)
  })
}

/**
 * Gives a Fastify app live configuration: `app.hotConfig`, `request.config` and `GET /config/health`.
 *
 * Registering fails with a `ConfigError` when there is no valid configuration. Closes with the app.
 */
export const hotConfig: FastifyPluginAsync<HotConfigPluginOptions> = fp(hotConfigPlugin, {
  fastify: '5.x',
  name: '@hot-config/fastify',
})
