import { adapt, RequestPin } from '@hot-config/core'
import type { AdapterOptions, HotConfig, Registered, RegisteredConfig, Schema } from '@hot-config/core'
import { ADAPTER_OPTIONS, configProperty, healthOption } from '@hot-config/core/internal'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

import { addHealthRoute, ROUTE_OPTIONS } from './health-route.js'
import type { FastifyHealthOptions, RegisterOptions } from './health-route.js'

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
export interface HotConfigPluginOptions<S extends Schema | undefined = Schema | undefined> extends Omit<
  AdapterOptions<S>,
  'health'
> {
  /** Where the health report is served, `false` for nowhere. Default: `{ path: '/config/health' }`. */
  readonly health?: FastifyHealthOptions | false | undefined
}

const OPTIONS = { ...ADAPTER_OPTIONS, health: healthOption(undefined, ROUTE_OPTIONS) }

/**
 * The first load may last for this part of Fastify's time limit for plugins. When the whole limit is over, Fastify
 * fails with an error of its own, which does not say what is wrong with the configuration.
 */
const MAX_START_RATIO = 0.9

/** The property of a scope that has the pin of its requests. A nested scope may have another copy of this package. */
const PIN = Symbol.for('hot-config:fastify-pin')

/** Returns the pin of the innermost scope that a request belongs to. */
function pinOf({ server }: FastifyRequest): RequestPin<RegisteredConfig> {
  return (server as unknown as Record<typeof PIN, RequestPin<RegisteredConfig>>)[PIN]
}

async function hotConfigPlugin(app: FastifyInstance, options: HotConfigPluginOptions & RegisterOptions): Promise<void> {
  const { prefix, logLevel, logSerializers, ...rest } = options
  const { pluginTimeout } = app.initialConfig
  const { config, ready, health, runInRequest, close } = adapt(
    rest.config || rest.logger !== undefined ? rest : { ...rest, logger: app.log },
    { withinMs: pluginTimeout ? pluginTimeout * MAX_START_RATIO : undefined },
    OPTIONS,
  )
  app.addHook('onClose', close)
  await ready

  // Each configuration has a slot of its own, so that nested scopes can have configurations of their own.
  const pinned = new RequestPin<RegisteredConfig>(config)
  const { get: getter, set: setter } = configProperty((request) => pinned.of(request))
  app.decorate('hotConfig', config)
  app.decorate(PIN, pinned)
  if (!app.hasRequestDecorator(pinned.slot)) app.decorateRequest(pinned.slot)
  app.decorateRequest('config', { getter, setter })

  if (runInRequest) {
    // This hook is also one of nested scopes.
    const enter = (request: FastifyRequest, _reply: FastifyReply, done: () => void): void => {
      pinOf(request).run(request, done)
    }
    app.addHook('onRequest', enter)
  }

  const { watch } = pinned
  if (watch) {
    app.addHook('onRequest', (request, reply, done) => {
      watch(request, reply.raw)
      done()
    })
    // A hook that was added before ours may answer, and then ours is not called. What began before the update does not
    // count against it.
    let changedAt = 0
    app.addHook(
      'onClose',
      config.onChange(() => void (changedAt = performance.now())),
    )
    app.addHook('onResponse', (request, reply, done) => {
      if (performance.now() - reply.elapsedTime > changedAt) watch(request, reply.raw)
      done()
    })
  }

  if (!health) return
  const { routeOptions = {} } = rest.health || {}
  addHealthRoute(app, config, health, routeOptions, { prefix, logLevel, logSerializers })
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
