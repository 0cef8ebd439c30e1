import { sharedState } from '../async/shared-state.js'
import { optionKind } from '../errors/option-kinds.js'
import { watchRequests } from './request-watch.js'
import type { WatchRequest } from './request-watch.js'
import { openRequestContext } from './request-context.js'
import type { ConfiguredRequest, RunInRequest } from './request-context.js'
import type { RegisteredConfig } from '../register.js'

/**
 * Lets each request read one snapshot until it ends, whatever changes meanwhile. For adapters of other frameworks:
 *
 * ```ts
 * const pin = new RequestPin(config)
 * app.use((request, next) => pin.run(request, next))
 * ```
 */
export class RequestPin<T> {
  /**
   * The property of a request that keeps its snapshot, the same for all pins of a configuration. Frameworks that declare
   * properties beforehand need its name.
   */
  readonly slot: symbol
  /**
   * Counts a request of Node for the guard of the configuration, by the snapshot that it reads. Call it when the request
   * begins. `undefined` without a guard, so that requests cost nothing more: `pin.watch?.(request, response)`.
   */
  readonly watch: WatchRequest | undefined
  readonly #config: { readonly current: T }
  #runInRequest: RunInRequest | undefined

  /**
   * @param config what requests read: a `HotConfig`
   * @throws {OptionError} for something else
   */
  constructor(config: { readonly current: T }) {
    this.#config = configKind.required(config, 'config')
    this.slot = slotOf(this.#config)
    this.watch = watchRequests(this.#config, (request) => this.#pinOf(request))
  }

  /**
   * Returns the configuration as it was when this request first read it.
   *
   * @param request an object that exists once for each request, such as the framework's or Node's request
   * @throws {NotReadyError} before the first load
   */
  of(request: object): T {
    return this.#pinOf(request).read(this.#config)
  }

  /**
   * Runs code that handles a request. In it, `requestConfig()` returns what `of(request)` does, through every `await`,
   * timer and callback.
   *
   * @returns what the code returns
   */
  run<R>(request: object, code: () => R): R {
    this.#runInRequest ??= openRequestContext()
    return this.#runInRequest(new PinnedRequest(this, request), code)
  }

  #pinOf(request: object): Pin<T> {
    return ((request as Record<symbol, Pin<T> | undefined>)[this.slot] ??= new Pin())
  }
}

/**
 * The property of requests for each configuration. All adapters share it: a request reads one snapshot of a configuration,
 * wherever in an app it does, and is counted once.
 */
const slots: WeakMap<object, symbol> = sharedState('request-slots', () => new WeakMap())

function slotOf(config: object): symbol {
  const known = slots.get(config)
  if (known) return known
  const slot = Symbol('hot-config')
  slots.set(config, slot)
  return slot
}

const configKind = optionKind<{ readonly current: never }>(
  'a HotConfig, such as createHotConfig() resolves with',
  (value) => typeof value === 'object' && value !== null && 'current' in value,
)

/**
 * What a request keeps of a configuration. Other copies of this package use it as well, so its members must stay. The value is
 * private, so that code that prints a request shows nothing of the configuration.
 */
class Pin<T> {
  isCounted = false
  #isRead = false
  #value: T | undefined

  get value(): T | undefined {
    return this.#value
  }

  read(config: { readonly current: T }): T {
    if (!this.#isRead) {
      this.#value = config.current
      this.#isRead = true
    }
    return this.#value as T
  }
}

/** Does not read `request.config`, which other code of the program may have replaced. */
class PinnedRequest<T> implements ConfiguredRequest {
  readonly #pin: RequestPin<T>
  readonly #request: object

  constructor(pin: RequestPin<T>, request: object) {
    this.#pin = pin
    this.#request = request
  }

  get config(): RegisteredConfig {
    return this.#pin.of(this.#request) as RegisteredConfig
  }
}

/** A property that other code may assign to. */
export interface RequestProperty {
  readonly configurable: true
  readonly get: (this: object) => RegisteredConfig
  readonly set: (this: object, value: unknown) => void
}

/**
 * The property `request.config`. Code of the program that assigns something else to it replaces it for that request:
 * without a setter, the assignment would be a TypeError.
 *
 * @param of returns the configuration of a request
 */
export function configProperty(of: (request: object) => RegisteredConfig): RequestProperty {
  return {
    configurable: true,
    get() {
      return of(this)
    },
    set(value) {
      Object.defineProperty(this, 'config', { value, configurable: true, enumerable: true, writable: true })
    },
  }
}
