import { MetadataScanner } from '@nestjs/core'
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core'

/** Where Nest's decorators keep guards, interceptors, pipes and filters. Nest 11 and 12 export these names differently. */
const ENHANCERS = ['__guards__', '__interceptors__', '__pipes__', '__exceptionFilters__']
const PARAMETERS = '__routeArguments__'

type Class = abstract new (...args: never[]) => unknown

/** An object that Nest created or received. */
export interface AppInstance {
  readonly instance: object
  readonly name: string
  /** Whether its provider has no other. With request and transient scope there are many, each for a short time. */
  readonly isSingle: boolean
}

const scanner = new MetadataScanner()

/**
 * Finds the objects of an app: providers, controllers, guards, interceptors, pipes, filters and middleware.
 *
 * @param known the objects that were found before, which are left out; new ones are added
 */
export function* newInstances(
  modules: ModulesContainer,
  app: ApplicationConfig,
  known: WeakSet<object>,
): Generator<AppInstance> {
  const isNew = (value: unknown): value is object => {
    if (typeof value !== 'object' || value === null || known.has(value)) return false
    known.add(value)
    return true
  }
  for (const { providers, controllers, injectables, middlewares } of modules.values()) {
    for (const wrapper of [providers, controllers, injectables, middlewares].flatMap((map) => [...map.values()])) {
      const { instance, metatype } = wrapper as { readonly instance: unknown; readonly metatype: unknown }
      if (!isNew(instance)) continue
      const isSingle = !wrapper.isTransient && wrapper.isDependencyTreeStatic()
      yield { instance, name: String(wrapper.name), isSingle }
      if (isClass(metatype)) yield* enhancersOf(metatype).filter(isNew).map(given)
    }
  }
  const { guards, interceptors, pipes, filters } = {
    guards: app.getGlobalGuards(),
    interceptors: app.getGlobalInterceptors(),
    pipes: app.getGlobalPipes(),
    filters: app.getGlobalFilters(),
  }
  yield* [...guards, ...interceptors, ...pipes, ...filters].filter(isNew).map(given)
}

/** The objects that decorators received, as in `@UseGuards(new Guard())`. They are providers of no module. */
function enhancersOf(owner: Class): unknown[] {
  const prototype = owner.prototype as Record<string, object>
  const methods = scanner.getAllMethodNames(prototype)
  const holders = [owner, ...methods.flatMap((method) => prototype[method] ?? [])]
  const enhancers = holders.flatMap((holder) =>
    ENHANCERS.flatMap((key) => (Reflect.getMetadata(key, holder) as unknown[] | undefined) ?? []),
  )
  const parameters = methods.flatMap((method) =>
    Object.values((Reflect.getMetadata(PARAMETERS, owner, method) as Record<string, Parameter> | undefined) ?? {}),
  )
  return [...enhancers, ...parameters.flatMap(({ pipes = [] }) => pipes)]
}

interface Parameter {
  readonly pipes?: readonly unknown[]
}

function given(instance: object): AppInstance {
  return { instance, name: instance.constructor.name, isSingle: true }
}

function isClass(value: unknown): value is Class {
  return typeof value === 'function' && typeof value.prototype === 'object'
}
