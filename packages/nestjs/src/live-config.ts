import { parsePath, valueAt } from '@hot-config/core/internal'
import { createParamDecorator, Inject, Injectable } from '@nestjs/common'
import type { ExecutionContext, OnModuleInit, PipeTransform, Type } from '@nestjs/common'
import { ModuleRef } from '@nestjs/core'

import type { HotConfigService } from './hot-config.service.js'
import { getHotConfigToken } from './inject-hot-config.js'
import { splitArguments } from './named.js'
import type { Named } from './named.js'

type Reader = (service: HotConfigService) => unknown

/** A decorator knows no app, a pipe is made by one: the decorator says what to read, the pipe where. */
const readerOf = createParamDecorator((path: readonly string[], context: ExecutionContext): Reader => {
  // what `switchToHttp().getRequest()` gives, which makes three functions for it
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
 * Gives a handler's parameter what stands at a path, or the whole configuration. In HTTP requests it is the request's
 * snapshot, the same until the request ends; elsewhere, such as in message handlers, the current one.
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
