import { posix } from 'node:path'

import { OptionError } from '@hot-config/core'
import type { HealthOptions, HotConfig } from '@hot-config/core'
import { answerReadHealth, isAnswered, optionKind, textOfAnswer } from '@hot-config/core/internal'
import type { Health, TableOf } from '@hot-config/core/internal'
import type { FastifyInstance, RouteShorthandOptions } from 'fastify'

import { healthSchema } from './health-schema.js'

/** Options of Fastify for the health route: `logLevel`, `config`, `constraints`, `schema`, hooks such as `onRequest`. */
type HealthRouteOptions = Omit<RouteShorthandOptions, 'handler'>

/** How the health report is served. */
export interface FastifyHealthOptions extends HealthOptions {
  /** Options of the route, for instance `{ onRequest: app.basicAuth, schema: { hide: true } }`. */
  readonly routeOptions?: HealthRouteOptions | undefined
}

/** What the plugin itself decides. */
const OWN = ['method', 'url', 'path', 'handler']

/** The option that {@link FastifyHealthOptions} has beside those of core. What is in it is for Fastify to check. */
export const ROUTE_OPTIONS: TableOf<Omit<FastifyHealthOptions, keyof HealthOptions>> = {
  routeOptions: optionKind<HealthRouteOptions>(
    `options of a route such as { logLevel: "info" }, without ${OWN.join(', ')} (health.path is the path)`,
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      !OWN.some((name) => Object.hasOwn(value, name)),
  )(),
}

/** What `register` itself accepts for the routes of a plugin. Fastify ignores it for plugins without a scope of their own. */
export interface RegisterOptions {
  readonly prefix?: string | undefined
  readonly logLevel?: HealthRouteOptions['logLevel'] | undefined
  readonly logSerializers?: HealthRouteOptions['logSerializers'] | undefined
}

/**
 * Adds the route of the health report.
 *
 * @throws {OptionError} when another route has its path
 */
export function addHealthRoute(
  app: FastifyInstance,
  config: HotConfig<unknown>,
  health: Health,
  routeOptions: HealthRouteOptions,
  { prefix = '', logLevel = quietLevel(app), logSerializers }: RegisterOptions,
): void {
  const url = posix.join('/', prefix, health.path)
  assertFree(app, url, routeOptions)
  app.route({
    ...(logLevel && { logLevel }),
    ...(logSerializers && { logSerializers }),
    // also in an app whose `exposeHeadRoutes` is off, since probes ask with HEAD as well
    exposeHeadRoute: true,
    ...routeOptions,
    method: 'GET',
    url,
    schema: { ...healthSchema(health.page), ...routeOptions.schema },
    // The app's own compiler and the transform that it passes to @fastify/swagger may know only schemas of its type
    // provider, such as zod's. Ours is JSON Schema.
    serializerCompiler: () => (report) => JSON.stringify(report),
    config: withDefaults(routeOptions.config),
    async handler(request, reply) {
      const answer = await answerReadHealth(config, health, request, request)
      if (isAnswered(reply.raw)) return reply.hijack()
      // text passes by the app's `preSerialization` hooks, which would make another report of it
      const { text, headers } = textOfAnswer(answer)
      return reply.code(answer.statusCode).headers(headers).send(text)
    },
  })
}

/** Probes ask every few seconds. Their requests are not logged, but what fails is. */
function quietLevel({ log }: FastifyInstance): 'warn' | undefined {
  const { level, levels } = log as { readonly level?: string; readonly levels?: { values?: Record<string, number> } }
  const values = levels?.values ?? { warn: 40 }
  const isQuieter = level === 'silent' || (values[level ?? ''] ?? 0) > (values['warn'] ?? Infinity)
  return isQuieter || values['warn'] === undefined ? undefined : 'warn'
}

/** Keeps away what plugins do to all routes: the app's transform of schemas, and rate limits, which would fail probes. */
function withDefaults(config: HealthRouteOptions['config']): NonNullable<HealthRouteOptions['config']> {
  return Object.assign({ swaggerTransform: false, rateLimit: false }, config) as NonNullable<
    HealthRouteOptions['config']
  >
}

/** Fastify's own error would not say what to do. */
function assertFree(app: FastifyInstance, url: string, { constraints = {} }: HealthRouteOptions): void {
  const full = posix.join('/', app.prefix, url)
  if (!app.hasRoute({ method: 'GET', url: full, constraints })) return
  throw new OptionError(
    `health.path: GET ${full} is a route already, perhaps of a registration in another scope: ` +
      'set another health.path, a prefix, or health: false',
  )
}
