import { parsePath, valueAt } from '@hot-config/core/internal'
import { createParamDecorator, Inject, Injectable } from '@nestjs/common'
import type { ExecutionContext, OnModuleInit, PipeTransform, Type } from '@nestjs/common'
import { ModuleRef } from '@nestjs/core'

import type { HotConfigService } from './hot-config.service.js'
import { getHotConfigToken } from './inject-hot-config.js'
import { splitArguments } from './named.js'
import type { Named } from './named.js'

type Reader = (service: HotConfigService) => unknown

/**
 * A decorator has no access to the app's providers, a pipe has. So the decorator supplies a function that reads the
 * path, and the pipe calls it with the service.
 */
const readerOf = createParamDecorator((path: readonly string[], context: ExecutionContext): Reader => {
  // The same as `switchToHttp().getRequest()`, which would create three functions for each request.
  const request = context.getType() === 'http' ? context.getArgByIndex<object>(0) : undefined
  return (service) => valueAt(request ? service.forRequest(request) : service.current, path)
})

function livePipe(name: string | undefined): Type<PipeTransform> {
  @Injectable()
  class LiveConfigPipe implements PipeTransform<Reader>, OnModuleInit {
    readonly #modules: ModuleRef
    #service!: HotConfigService

    constructor(@Inject(ModuleRef) modules: ModuleRef) {
      this.#modules = modules
    }

    onModuleInit(): void {
      this.#service = this.#modules.get(getHotConfigToken(name), { strict: false })
    }

    transform(read: Reader): unknown {
      return read(this.#service)
    }
  }
  return LiveConfigPipe
}

/**
 * Sets a handler's parameter to the value at a path, or to the whole configuration. In an HTTP request the value is the
 * request's own: it stays the same until the request ends. Elsewhere, such as in message handlers, it is the current
 * one.
 *
 * ```ts
 * find(@LiveConfig('search.limit') limit: number, @LiveConfig({ name: 'billing' }) billing: Billing) {}
 * ```
 */
export function LiveConfig(path?: string, options?: Named): ParameterDecorator
export function LiveConfig(options: Named): ParameterDecorator
export function LiveConfig(pathOrOptions?: string | Named, options?: Named): ParameterDecorator {
  const [path = '', { name }] = splitArguments(pathOrOptions, options)
  return readerOf(parsePath(path), livePipe(name))
}
