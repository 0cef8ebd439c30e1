import type { IncomingMessage, ServerResponse } from 'node:http'

import { adapt, RequestPin } from '@hot-config/core'
import type { AdapterOptions, HotConfig, InferConfig, RegisteredConfig, Schema } from '@hot-config/core'
import { configProperty, readsHealth, sendHealth } from '@hot-config/core/internal'
import type { NextFunction } from 'express'

declare global {
  namespace Express {
    interface Request {
      /** The configuration as it was when this request first read it: the same until the request ends. */
      readonly config: RegisteredConfig
    }
  }
}

/** The options of `createHotConfig`, or an existing `config`, and `health`. */
export type HotConfigMiddlewareOptions<S extends Schema | undefined = Schema | undefined> = AdapterOptions<S>

/** Gives requests their `req.config`, and serves the health report. Also works in connect and in bare `http` servers. */
export interface HotConfigMiddleware<T> {
  (req: IncomingMessage, res: ServerResponse, next: NextFunction): void
  /** The live configuration. */
  readonly config: HotConfig<T>
  /**
   * Resolves with the first load: wait for it before you listen, so that the process ends when its configuration is bad.
   * Closes the configuration when it rejects. Without this call, a failed first load is tried again.
   *
   * @throws {ConfigError} when there is no valid configuration, with every problem found
   */
  ready(): Promise<void>
  /** Closes the configuration, unless it was given. Requests in flight keep theirs. */
  close(): Promise<void>
}

/**
 * Makes the middleware that gives an Express app live configuration: `req.config` and `GET /config/health`, below where
 * it is mounted. A slash at its end and its letter case matter as far as they do for the routes of the app.
 *
 * Requests wait for the first load. When that fails they get 503, until a later load succeeds: the sources are still watched.
 *
 * @throws {OptionError} for options that make no sense
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
  /** Whether there is a configuration. When the first load failed, a later one may have succeeded. */
  const isLoaded = (): boolean => {
    if (state === 'failed' && config.health().status !== 'fail') state = 'loaded'
    return state === 'loaded'
  }

  // of its own for every middleware, so that routers can each have their configuration
  const pinned = new RequestPin<RegisteredConfig>(config)
  // Defined on each request: a prototype that all of them share is also that of requests which never came here, and not
  // that of those which another app takes over.
  const property = configProperty((request) => pinned.of(request))

  const serve = (req: IncomingMessage, res: ServerResponse, next: NextFunction): void => {
    if (!isLoaded()) return sendUnavailable(res)
    Object.defineProperty(req, 'config', property)
    if (runInRequest) pinned.run(req, next)
    else next()
  }

  const middleware = (req: IncomingMessage, res: ServerResponse, next: NextFunction): void => {
    // oxlint-disable-next-line promise/no-callback-in-promise -- errors are for Express to handle
    if (health && readsHealth(req, health.path, rulesOf(req))) sendHealth(config, health, req, res).catch(next)
    else if (state !== 'loading') serve(req, res, next)
    // oxlint-disable-next-line promise/no-callback-in-promise -- what serving throws is for Express to handle
    else loaded.then(() => serve(req, res, next)).catch(next)
  }
  const whenReady = async (): Promise<void> => {
    try {
      await ready
    } catch (error) {
      // the program handles the failure, so nothing has to be tried again
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

/** Answers a request that can't be served yet. Only the health report says why: this goes to every client. */
function sendUnavailable(res: ServerResponse): void {
  const text = 'Service Unavailable'
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
  res.writeHead(503, { ...headers, 'content-length': text.length }).end(text)
}
