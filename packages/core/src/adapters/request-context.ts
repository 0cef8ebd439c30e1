import { AsyncLocalStorage } from 'node:async_hooks'

import { sharedState } from '../async/shared-state.js'
import { acrossCopies } from '../errors/across-copies.js'
import type { RegisteredConfig } from '../register.js'

/** The part of a framework's request that its context needs. */
export interface ConfiguredRequest {
  /** The configuration that was current when this request first read it. */
  readonly config: RegisteredConfig
}

/** Runs code in the context of a request, and returns what the code returns. */
export type RunInRequest = <R>(request: ConfiguredRequest, code: () => R) => R

/**
 * The storage for the current request, shared by all copies of this package. It is created by the first adapter with
 * `requestContext: true`, so that it costs nothing otherwise.
 */
const shared = sharedState<{ requests?: AsyncLocalStorage<ConfiguredRequest> }>('requests', () => ({}))

/** {@link requestConfig} was called outside a request, or where no adapter has its `requestContext` on. */
export class NoRequestError extends Error {
  override name = 'NoRequestError'
  readonly code = 'HOT_CONFIG_NO_REQUEST'

  constructor() {
    super(
      shared.requests
        ? 'requestConfig() was called outside a request: read the configuration itself there, as in config.current'
        : 'requestConfig() needs the request context, which is off: give the adapter the option requestContext: true',
    )
  }
}

acrossCopies(NoRequestError, 'NoRequestError')

/**
 * Returns the configuration of the current request, for code without access to the request object. It is the same value
 * as `request.config`, and follows the request through every `await`, timer and callback.
 *
 * The adapter's option `requestContext: true` switches it on. Without an adapter, {@link RequestPin.run} does.
 *
 * @throws {NoRequestError} outside a request; read `config.current` there
 */
export function requestConfig(): RegisteredConfig {
  const request = shared.requests?.getStore()
  if (!request) throw new NoRequestError()
  return request.config
}

/** Switches {@link requestConfig} on. For adapters: returns the function that runs each request. */
export function openRequestContext(): RunInRequest {
  const storage = (shared.requests ??= new AsyncLocalStorage())
  return (request, code) => storage.run(request, code)
}
