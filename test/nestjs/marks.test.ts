import { HotConfigModule, LiveConfig, OnConfigChange } from '@hot-config/nestjs'
import { createTestConfig } from '@hot-config/testing'
import type { TestConfig } from '@hot-config/testing'
import {
  Controller,
  Get,
  Injectable,
  Query,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common'
import type { CallHandler, ExecutionContext, INestApplication, MiddlewareConsumer, Type } from '@nestjs/common'
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, LazyModuleLoader } from '@nestjs/core'
import type { Observable } from 'rxjs'
import { beforeEach, describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { moduleOf, platforms, serve, start } from './support.ts'

let config: TestConfig<{ level: string }>
let seen: unknown[]

beforeEach(() => {
  config = createTestConfig({ level: 'info' })
  seen = []
})

/** One class that is all that Nest calls around a handler. */
class Enhancer {
  canActivate(_context: ExecutionContext): boolean {
    return true
  }

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle()
  }

  transform(value: unknown): unknown {
    return value
  }

  catch(error: unknown): void {
    throw error
  }

  use(_request: unknown, _response: unknown, next: () => void): void {
    next()
  }

  @OnConfigChange('level')
  changed(level: string): void {
    seen.push(level)
  }
}

@Injectable()
class Single extends Enhancer {}

@Injectable({ scope: Scope.REQUEST })
class PerRequest extends Enhancer {}

@Injectable({ scope: Scope.TRANSIENT })
class Transient extends Enhancer {}

type Enhance = (enhancer: Type<Enhancer> | Enhancer) => {
  readonly root: Type
  prepare?(app: INestApplication): unknown
}

function controllerWith(...decorators: (ClassDecorator & MethodDecorator)[]): ReturnType<Enhance> {
  @Controller()
  class Root {
    find(): string {
      return ''
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Root.prototype, 'find') as PropertyDescriptor
  for (const decorate of [Get(), ...decorators]) decorate(Root.prototype, 'find', descriptor)
  return { root: moduleOf({ controllers: [Root] }) }
}

function parameterWith(pipe: Type<Enhancer> | Enhancer): ReturnType<Enhance> {
  @Controller()
  class Root {
    @Get()
    find(@Query('q', pipe) q: string): string {
      return q
    }
  }
  return { root: moduleOf({ controllers: [Root] }) }
}

function middleware(enhancer: Type<Enhancer> | Enhancer): ReturnType<Enhance> {
  class Root {
    configure(consumer: MiddlewareConsumer): void {
      consumer.apply(enhancer as Type<Enhancer>).forRoutes('{*path}')
    }
  }
  return { root: moduleOf({ imports: [Root], controllers: [] }) }
}

/** Where a class or an object with a mark may be put. */
const OF_CLASSES: Record<string, Enhance> = {
  'a guard of a handler': (enhancer) => controllerWith(UseGuards(enhancer)),
  'an interceptor of a handler': (enhancer) => controllerWith(UseInterceptors(enhancer)),
  'a pipe of a handler': (enhancer) => controllerWith(UsePipes(enhancer)),
  'a filter of a handler': (enhancer) => controllerWith(UseFilters(enhancer)),
  'a pipe of a parameter': parameterWith,
  'a guard of a controller': (enhancer) => {
    @UseGuards(enhancer)
    @Controller()
    class Guarded {}
    return { root: moduleOf({ controllers: [Guarded] }) }
  },
}

const OF_CLASSES_ALONE: Record<string, Enhance> = {
  middleware,
  'a guard of the app': (enhancer) => ({
    root: moduleOf({ providers: [{ provide: APP_GUARD, useClass: enhancer as Type<Enhancer> }] }),
  }),
  'an interceptor of the app': (enhancer) => ({
    root: moduleOf({ providers: [{ provide: APP_INTERCEPTOR, useClass: enhancer as Type<Enhancer> }] }),
  }),
  'a pipe of the app': (enhancer) => ({
    root: moduleOf({ providers: [{ provide: APP_PIPE, useClass: enhancer as Type<Enhancer> }] }),
  }),
  'a filter of the app': (enhancer) => ({
    root: moduleOf({ providers: [{ provide: APP_FILTER, useClass: enhancer as Type<Enhancer> }] }),
  }),
}

const OF_OBJECTS: Record<string, Enhance> = {
  'a guard given to the app': (enhancer) => ({
    root: moduleOf({}),
    prepare: (app) => app.useGlobalGuards(enhancer as Enhancer),
  }),
  'a pipe given to the app': (enhancer) => ({
    root: moduleOf({}),
    prepare: (app) => app.useGlobalPipes(enhancer as Enhancer),
  }),
  'an interceptor given to the app': (enhancer) => ({
    root: moduleOf({}),
    prepare: (app) => app.useGlobalInterceptors(enhancer as Enhancer),
  }),
  'a filter given to the app': (enhancer) => ({
    root: moduleOf({}),
    prepare: (app) => app.useGlobalFilters(enhancer as Enhancer),
  }),
}

describe.each(platforms)('a method with @OnConfigChange on %s', (_name, createAdapter) => {
  it.each([
    ...Object.entries({ ...OF_CLASSES, ...OF_CLASSES_ALONE }).map(
      ([name, make]) => [name, 'class', make, Single] as const,
    ),
    ...Object.entries({ ...OF_CLASSES, ...OF_OBJECTS }).map(
      ([name, make]) => [name, 'object', make, new Single()] as const,
    ),
  ])('is called once for a change: %s, given as %s', async (_where, _as, make, enhancer) => {
    const { root, prepare } = make(enhancer)
    const imports = [root, HotConfigModule.forRoot({ config })]
    await using _served = await serve(createAdapter(), { imports }, prepare)
    await config.set({ level: 'debug' })
    expect(seen).toEqual(['debug'])
    expect(config.health().listenerErrors).toBe(0)
  })

  it.each(
    Object.entries({ ...OF_CLASSES, ...OF_CLASSES_ALONE }).flatMap(([name, make]) =>
      [PerRequest, Transient].map((enhancer) => [name, make, enhancer] as const),
    ),
  )('fails the start where there is no single instance: %s', async (_where, make, enhancer) => {
    const { root, prepare } = make(enhancer)
    const imports = [root, HotConfigModule.forRoot({ config })]
    await expect(serve(createAdapter(), { imports }, prepare)).rejects.toThrow(
      /^@OnConfigChange: .+ has no single instance to call changed\(\) on: .* request or transient scope/,
    )
  })
})

describe('a method with @OnConfigChange', () => {
  it('is called in lazily loaded modules, from the first change after', async () => {
    const lazy = moduleOf({ providers: [Single, { provide: 'late', useFactory: async () => new Other() }] })
    class Other {
      @OnConfigChange()
      anyChange(): void {
        seen.push('other')
      }
    }
    await using started = await start({ imports: [HotConfigModule.forRoot({ config })] })
    await config.set({ level: 'debug' })
    await started.app.get(LazyModuleLoader).load(() => lazy)
    await config.set({ level: 'warn' })
    await config.set({ level: 'error' })
    expect(seen).toEqual(['warn', 'other', 'error', 'other'])
  })

  it('is logged and counted as failed in lazily loaded modules where there is no single instance', async () => {
    const lazy = moduleOf({ providers: [PerRequest, Single] })
    await using started = await start({ imports: [HotConfigModule.forRoot({ config })] })
    await started.app.get(LazyModuleLoader).load(() => lazy)
    await config.set({ level: 'warn' })
    await config.set({ level: 'error' })
    expect(seen).toEqual(['warn', 'error'])
    await eventually(() => expect(config.health().listenerErrors).toBe(1))
  })

  it('is called although another decorator replaces it, and by a symbol', async () => {
    const replace: MethodDecorator = (_prototype, _method, descriptor) => {
      const original = descriptor.value as (this: unknown, ...args: unknown[]) => unknown
      descriptor.value = function (this: unknown, ...args: unknown[]) {
        seen.push('replaced')
        return original.apply(this, args)
      } as never
    }
    const method = Symbol('method')

    @Injectable()
    class Traced {
      @replace
      @OnConfigChange('level')
      changed(level: string): void {
        seen.push(level)
      }

      @OnConfigChange('level')
      [method](): void {
        seen.push('symbol')
      }
    }
    await using _started = await start({ imports: [HotConfigModule.forRoot({ config })], providers: [Traced] })
    await config.set({ level: 'debug' })
    expect(seen).toEqual(['replaced', 'debug', 'symbol'])
  })

  it('is not called where a subclass overrides it without the decorator', async () => {
    @Injectable()
    class Quiet extends Single {
      override changed(): void {
        seen.push('quiet')
      }
    }
    await using _started = await start({ imports: [HotConfigModule.forRoot({ config })], providers: [Quiet] })
    await config.set({ level: 'debug' })
    expect(seen).toEqual([])
  })

  it.each([
    [
      'static methods',
      'Marked.changed',
      () => {
        class Marked {
          readonly level = 1

          @OnConfigChange('level')
          static changed(): void {}
        }
        return Marked
      },
    ],
    [
      'accessors',
      'Marked.level',
      () => {
        class Marked {
          @OnConfigChange('level')
          get level(): number {
            return 1
          }
        }
        return Marked
      },
    ],
  ])('is an error on %s, which nothing could call', (_what, name, define) => {
    expect(define).toThrow(`@OnConfigChange: ${name} is no method of an instance`)
  })
})

describe('@LiveConfig', () => {
  it.each([
    [
      'a constructor',
      'Marked.constructor',
      () => {
        class Marked {
          readonly level: unknown
          constructor(@LiveConfig('level') level: unknown) {
            this.level = level
          }
        }
        return Marked
      },
    ],
    [
      'a static method',
      'Marked.find',
      () => {
        class Marked {
          readonly level = 1

          static find(@LiveConfig('level') level: unknown): unknown {
            return level
          }
        }
        return Marked
      },
    ],
  ])('is an error in %s, which handles no requests', (_what, name, define) => {
    expect(define).toThrow(`@LiveConfig: ${name} handles no requests`)
  })
})
