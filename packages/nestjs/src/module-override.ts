import type { DynamicModule, InjectionToken, Type } from '@nestjs/common'
import type { LazyModuleLoader, ModulesContainer } from '@nestjs/core'

import { moduleOf } from './app-modules.js'
import type { HotConfigService } from './hot-config.service.js'

interface ModuleOverride {
  readonly moduleToReplace: unknown
  readonly newModule: Type | DynamicModule
}

/**
 * Returns the module that a test replaces this one with, by `overrideModule(HotConfigModule)`. Nest compares modules by
 * identity. It would not find this one, which is dynamic, and would read the real sources.
 */
export function overrideOf(module: DynamicModule, loader: LazyModuleLoader): Type | DynamicModule | undefined {
  // The loader holds the overrides of the testing module, for modules that are loaded later.
  const { moduleOverrides = [] } = loader as unknown as { readonly moduleOverrides?: readonly ModuleOverride[] }
  if (moduleOverrides.some(({ newModule }) => newModule === module)) return undefined
  return moduleOverrides.find(({ moduleToReplace }) => moduleToReplace === module.module)?.newModule
}

/** Loads the module that replaces another one, and returns its service. */
export async function serviceOf(
  module: Type | DynamicModule,
  replaced: DynamicModule,
  token: InjectionToken<HotConfigService>,
  loader: LazyModuleLoader,
  app: ModulesContainer,
): Promise<HotConfigService> {
  const ref = await loader.load(() => module as Type)
  if ('module' in module && module.module === replaced.module) {
    // The replaced module keeps its health route. Fastify would reject a second one at the same path.
    moduleOf(ref, app)?.controllers.clear()
  }
  return ref.get(token, { strict: false })
}
