import type { IncomingMessage, ServerResponse } from 'node:http'

import { adapt, RequestPin } from '@hot-config/core'
import type { AdapterOptions, HotConfig, InferConfig, RegisteredConfig, Schema } from '@hot-config/core'
import { configProperty, HealthPath, isAnswered, pinningHere, sendHealth } from '@hot-config/core/internal'
import type { NextFunction } from 'express'

declare global {
  namespace Express {
    interface Request {
      /** The configuration that was current when this request first read it, unchanged until the request ends. */
      readonly config: RegisteredConfig
    }
  }
}

/** The options of `createHotConfig`, or an existing `config`, and `health`. */
export type HotConfigMiddlewareOptions<S extends Schema | undefined = Schema | undefined> = AdapterOptions<S>

/**
 * The middleware, which defines `req.config` on each request and serves the health report. It also works in connect and in
 * bare `http` servers.
 */
export interface HotConfigMiddleware<T> {
  (req: IncomingMessage, res: ServerResponse, next: NextFunction): void
  /** The live configuration. */
  readonly config: HotConfig<T>
  /**
   * Resolves after the first load. Await it before you listen, so that the process ends when its configuration is bad.
   * When the first load fails, this rejects and closes the configuration. Without this call, the load is retried.
   *
   * @throws {ConfigError} when there is no valid configuration, with every problem found
   */
  ready(): Promise<void>
  /** Closes the configuration, unless it was passed as an option. Requests in flight keep their values. */
  close(): Promise<void>
}

/**
 * Creates the middleware that adds live configuration to an Express app: `req.config` and `GET /config/health`, below
 * the path where it is mounted. The app's `strict routing` and `case sensitive routing` apply to that path.
 *
 * Requests wait for the first load. When it fails, the answer is 503 until a later load succeeds: the sources are still
 * watched.
 *
 * @throws {OptionError} for unknown or invalid options
 */
export function hotConfig<T>(
  options: HotConfigMiddlewareOptions & { readonly config: HotConfig<T> },
): HotConfigMiddleware<T>
export function hotConfig<const S extends Schema | undefined>(
  options?: HotConfigMiddlewareOptions<S>,
): HotConfigMiddleware<InferConfig<S>>
export function hotConfig(options: HotConfigMiddlewareOptions = {}): unknown {
  const { config, ready, loaded: firstLoad, health, runInRequest, close } = adapt(options, { keepsTrying: true })
  let state: 'loading' | 'loaded' | 'failed' = 'loading'
  const loaded = firstLoad.then(
    () => void (state = 'loaded'),
    () => void (state = 'failed'),
  )
  /** Whether there is a configuration. After a failed first load, a later load may have succeeded. */
  const isLoaded = (): boolean => {
    if (state === 'failed' && config.health().status !== 'fail') state = 'loaded'
    return state === 'loaded'
  }

  const pinned = new RequestPin<RegisteredConfig>(config)
  // Defined on each request, not on the prototype. Requests that skip this middleware share the prototype, and a
  // mounted app replaces the prototype of those that reach it.
  const property = configProperty((request) => pinned.of(request))

  const healthPath = health ? new HealthPath(health.path) : undefined

  const serve = (req: IncomingMessage, res: ServerResponse, next: NextFunction): void => {
    if (!isLoaded()) return sendUnavailable(res)
    Object.defineProperty(req, 'config', property)
    pinned.watch?.(req, res)
    // A context that an outer scope has opened is one of its configuration.
    if (runInRequest || pinningHere()) pinned.run(req, next)
    else next()
  }

  const middleware = (req: IncomingMessage, res: ServerResponse, next: NextFunction): void => {
    // oxlint-disable-next-line promise/no-callback-in-promise -- errors are for Express to handle
    if (health && healthPath?.isReadBy(req, rulesOf(req))) sendHealth(config, health, req, res).catch(next)
    else if (state !== 'loading') serve(req, res, next)
    // oxlint-disable-next-line promise/no-callback-in-promise -- what serving throws is for Express to handle
    else loaded.then(() => serve(req, res, next)).catch(next)
  }
  const whenReady = async (): Promise<void> => {
    try {
      await ready
    } catch (error) {
      // The caller handles the failure, so there is no need to retry.
      await close()
      throw error
    }
  }
  const members = { config, ready: whenReady, close }
  return Object.assign(middleware, members) satisfies HotConfigMiddleware<Record<string, unknown>>
}

/** The rules of the app's routes. Without an app, as in connect, those that Express has by default. */
function rulesOf(req: IncomingMessage & { readonly app?: { enabled?(setting: string): boolean } }): {
  readonly strict: boolean
  readonly caseSensitive: boolean
} {
  const isOn = (setting: string): boolean => req.app?.enabled?.(setting) ?? false
  return { strict: isOn('strict routing'), caseSensitive: isOn('case sensitive routing') }
}

/** Answers a request that can't be served yet. Every client can read this, so only the health report says why. */
function sendUnavailable(res: ServerResponse): void {
  if (isAnswered(res)) return
  const text = 'Service Unavailable'
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
  res.writeHead(503, { ...headers, 'content-length': text.length }).end(text)
}
