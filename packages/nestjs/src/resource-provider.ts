import type { Path, PathValue, Registered, RegisteredConfig, Resource, ResourceOptions } from '@hot-config/core'
import { optionKind, readOptions, requiredFunction, RESOURCE_OPTIONS } from '@hot-config/core/internal'
import type { FactoryProvider, InjectionToken, OptionalFactoryDependency } from '@nestjs/common'

import type { HotConfigService } from './hot-config.service.js'
import { getHotConfigToken } from './inject-hot-config.js'
import { NAMED } from './named.js'
import type { Named } from './named.js'
import { injectionToken, list } from './option-kinds.js'

/** Which resource to build from which part of the configuration, and how. */
export interface ResourceProviderOptions<V, R, C = HotConfigService['current']> extends Named, ResourceOptions<R> {
  /** The injection token of the resource. */
  readonly provide: InjectionToken
  /** The part of the configuration that it is built from: a selector, or a dotted path such as `db.pool`. */
  readonly select: string | ((config: C) => V)
  /** Builds the resource from the part. The signal aborts when the resource is no longer needed. */
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever is injected, as with Nest's own factories
  readonly useFactory: (part: V, context: { readonly signal: AbortSignal }, ...injected: any[]) => R | Promise<R>
  /** The providers to inject, which the factory receives after the part and its context. */
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[] | undefined
}

/** The same for a path of the registered type. */
interface PathResourceProviderOptions<P extends string, R> extends Omit<
  ResourceProviderOptions<never, R>,
  'select' | 'useFactory' | 'name'
> {
  readonly select: P
  readonly name?: undefined
  // a method, so that a factory may name the type of its part where none is registered
  // oxlint-disable-next-line typescript/method-signature-style, typescript/no-explicit-any -- as above
  useFactory(
    part: PathValue<RegisteredConfig, P>,
    context: { readonly signal: AbortSignal },
    ...injected: any[]
  ): R | Promise<R>
}

const OPTIONS = {
  provide: injectionToken.required,
  select: optionKind<string | ((config: never) => unknown)>(
    'a selector, or a path such as "db.pool"',
    (value) => typeof value === 'function' || (typeof value === 'string' && value !== ''),
  ).required,
  useFactory: requiredFunction<(...args: unknown[]) => unknown>(),
  inject: list([]),
  ...NAMED,
  ...RESOURCE_OPTIONS,
} satisfies Record<keyof ResourceProviderOptions<unknown, unknown>, unknown>

/**
 * Provides a resource that is built from a part of the configuration and follows its changes, such as a connection
 * pool. Inject it as a `Resource<R>` and read `current` each time you use it.
 *
 * It is built again before each swap that changes the part. When that fails, the update is rejected. It is disposed of
 * when the configuration closes, which is when the app closes.
 *
 * ```ts
 * resourceProvider({
 *   provide: POOL,
 *   select: 'db',
 *   useFactory: (db: Config['db']) => new Pool(db),
 *   dispose: (pool) => pool.end(),
 * })
 * ```
 */
export function resourceProvider<const P extends Path<Registered>, R>(
  options: PathResourceProviderOptions<P, R>,
): FactoryProvider<Promise<Resource<R>>>
export function resourceProvider<V, R, C = HotConfigService['current']>(
  options: ResourceProviderOptions<V, R, C> & { readonly select: (config: C) => V },
): FactoryProvider<Promise<Resource<R>>>
export function resourceProvider<V, R, C = HotConfigService['current']>(
  options: ResourceProviderOptions<V, R, C> & { readonly name: string },
): FactoryProvider<Promise<Resource<R>>>
export function resourceProvider<V, R>(options: ResourceProviderOptions<V, R>): FactoryProvider<Promise<Resource<R>>> {
  readOptions(options, OPTIONS)
  const { provide, select, useFactory, inject = [], name, ...rest } = options
  return {
    provide,
    inject: [getHotConfigToken(name), ...inject],
    useFactory: ({ config }: HotConfigService<unknown>, ...injected: unknown[]) => {
      const create = (part: V, context: { readonly signal: AbortSignal }): R | Promise<R> =>
        useFactory(part, context, ...injected)
      // messages name the function
      Object.defineProperty(create, 'name', { value: nameOf(provide) })
      return config.resource(select as (value: unknown) => V, create, rest)
    },
  }
}

function nameOf(token: InjectionToken): string {
  if (typeof token === 'symbol') return token.description ?? ''
  return typeof token === 'string' ? token : token.name
}
