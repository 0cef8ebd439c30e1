import { acrossCopies } from '../errors/across-copies.js'
import type { RegisteredConfig } from '../register.js'
import { isContextOpen, openContext, pinningHere } from '../snapshots/snapshot-context.js'

/** The part of a framework's request that its context needs. */
export interface ConfiguredRequest {
  /** The configuration that was current when this request first read it. */
  readonly config: RegisteredConfig
}

/** Runs code in the context of a request, and returns what the code returns. */
export type RunInRequest = <R>(request: ConfiguredRequest, code: () => R) => R

/** {@link requestConfig} was called outside a request and outside a unit of work. */
export class NoRequestError extends Error {
  override name = 'NoRequestError'
  readonly code = 'HOT_CONFIG_NO_REQUEST'

  constructor() {
    super(
      isContextOpen()
        ? 'requestConfig() was called outside a request and outside config.run(): read config.current there'
        : 'requestConfig() needs the request context, which is off: give the adapter the option ' +
            'requestContext: true, or start the work with config.run()',
    )
  }
}

acrossCopies(NoRequestError, 'NoRequestError')

/**
 * Returns the configuration of the current request, or of the unit of work that `config.run()` started, for code without
 * access to either. In a request it is the same value as `request.config`. It follows both through every `await`, timer
 * and callback.
 *
 * For requests, the adapter's option `requestContext: true` switches it on, or {@link RequestPin.run} without an adapter.
 *
 * @throws {NoRequestError} outside both; read `config.current` there
 */
export function requestConfig(): RegisteredConfig {
  const pinning = pinningHere()
  if (!pinning) throw new NoRequestError()
  return pinning.config as RegisteredConfig
}

/** Switches {@link requestConfig} on. For adapters: returns the function that runs each request. */
export function openRequestContext(): RunInRequest {
  const storage = openContext()
  return (request, code) => storage.run(request, code)
}
