import { OptionError } from '@hot-config/core'
import { parsePath, sharedState, valueAt } from '@hot-config/core/internal'
import { createParamDecorator, Inject, Injectable } from '@nestjs/common'
import type { ExecutionContext, OnModuleInit, PipeTransform, Type } from '@nestjs/common'
import { ModuleRef } from '@nestjs/core'

import { configOf } from './hot-config.service.js'
import type { HotConfigService } from './hot-config.service.js'
import { getHotConfigToken } from './inject-hot-config.js'
import { splitArguments } from './named.js'
import type { Named, PathIn } from './named.js'
import { unitOf } from './unit-of-work.js'

type Reader = (service: HotConfigService) => unknown

const PARAMETER_TYPES = 'design:paramtypes'

/**
 * A decorator has no access to the app's providers, a pipe has. So the decorator supplies a function that reads the
 * path, and the pipe calls it with the service.
 */
const readerOf = createParamDecorator((path: readonly string[], context: ExecutionContext): Reader => {
  const unit = unitOf(context)
  return (service) => valueAt(configOf(service, unit), path)
})

/** The paths of the parameters of each app, whose spelling is checked at the start. */
const livePaths = sharedState('nestjs-live-paths', () => new WeakMap<HotConfigService, Set<string>>())

/** Returns the paths of all parameters that read this configuration. */
export function livePathsOf(service: HotConfigService): readonly string[] {
  return Array.from(livePaths.get(service) ?? [])
}

function livePipe(path: string, name: string | undefined): Type<PipeTransform> {
  @Injectable()
  class LiveConfigPipe implements PipeTransform<Reader>, OnModuleInit {
    readonly #modules: ModuleRef
    #service: HotConfigService | undefined

    constructor(@Inject(ModuleRef) modules: ModuleRef) {
      this.#modules = modules
    }

    /** Fails the start when no configuration has the name. */
    onModuleInit(): void {
      const service = this.#find()
      livePaths.set(service, (livePaths.get(service) ?? new Set()).add(path))
    }

    transform(read: Reader): unknown {
      // Nest calls no `onModuleInit` in lazily loaded modules
      return read(this.#service ?? this.#find())
    }

    #find(): HotConfigService {
      return (this.#service = this.#modules.get<HotConfigService>(getHotConfigToken(name), { strict: false }))
    }
  }
  return LiveConfigPipe
}

/**
 * Sets a handler's parameter to the value at a path, or to the whole configuration. All of an HTTP request come from one
 * snapshot, and so do all of a GraphQL operation and all of a message.
 *
 * ```ts
 * find(@LiveConfig('search.limit') limit: number, @LiveConfig({ name: 'billing' }) billing: Billing) {}
 * ```
 *
 * @throws {OptionError} for unknown or invalid options, and in constructors and static methods
 */
export function LiveConfig<const O extends Named = Named>(
  pathOrOptions?: PathIn<O> | Named,
  options?: O,
): ParameterDecorator {
  const [path = '', { name }] = splitArguments(pathOrOptions, options)
  const decorate = readerOf(parsePath(path), livePipe(path, name))
  return (prototype, method, index) => {
    if (method === undefined || typeof prototype === 'function') {
      const owner = typeof prototype === 'function' ? prototype : prototype.constructor
      throw new OptionError(
        `@LiveConfig: ${owner.name}.${String(method ?? 'constructor')} handles no requests: inject HotConfigService there`,
      )
    }
    hideType(prototype, method, index)
    decorate(prototype, method, index)
  }
}

/**
 * Hides the type of a parameter from pipes of the whole app that validate custom decorators. They come before ours and would
 * reject what the decorator passes to it. The schema has validated the value.
 */
function hideType(prototype: object, method: string | symbol, index: number): void {
  const types = Reflect.getOwnMetadata(PARAMETER_TYPES, prototype, method) as unknown[] | undefined
  if (types) Reflect.defineMetadata(PARAMETER_TYPES, types.with(index, Object), prototype, method)
}
