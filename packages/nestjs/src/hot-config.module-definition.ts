import { ConfigurableModuleBuilder } from '@nestjs/common'
import type { DynamicModule } from '@nestjs/common'
import { LazyModuleLoader, ModuleRef, ModulesContainer } from '@nestjs/core'

import { shutDownLast } from './app-modules.js'
import { ChangeSubscriber } from './change-subscriber.js'
import { linkModule, linkService } from './feature-module.js'
import { hideDetails } from './health-details.js'
import { healthController } from './health-controller.js'
import type { HotConfigService } from './hot-config.service.js'
import { getHotConfigToken } from './inject-hot-config.js'
import { overrideOf, serviceOf } from './module-override.js'
import { load, LOADED, loadedOf } from './module-state.js'
import { readExtras } from './module-options.js'
import type { HotConfigModuleExtras, HotConfigModuleOptions } from './module-options.js'

const host = new ConfigurableModuleBuilder<HotConfigModuleOptions>()
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createHotConfigOptions')
  .setExtras<HotConfigModuleExtras>({ name: undefined, isGlobal: false, health: undefined }, define)
  .build()

export const { ConfigurableModuleClass } = host

function define(definition: DynamicModule, extras: HotConfigModuleExtras): DynamicModule {
  const { name, isGlobal, health } = readExtras(extras)
  const token = getHotConfigToken(name)
  const module: DynamicModule = {
    ...definition,
    global: isGlobal,
    imports: [...(definition.imports ?? []), linkModule(name)],
    controllers: health ? [healthController(health)] : [],
    providers: [
      ...(definition.providers ?? []),
      {
        // Only this provider reads sources, so a test that overrides it reads none.
        provide: token,
        useFactory: (options: HotConfigModuleOptions, app: ModulesContainer, loader: LazyModuleLoader) => {
          const override = overrideOf(module, loader)
          return override ? serviceOf(override, module, token, loader, app) : load(module, name, options, app)
        },
        inject: [host.MODULE_OPTIONS_TOKEN, ModulesContainer, LazyModuleLoader],
      },
      {
        provide: LOADED,
        useFactory: (
          service: HotConfigService,
          options: HotConfigModuleOptions,
          ref: ModuleRef,
          app: ModulesContainer,
        ) => {
          shutDownLast(ref, app)
          linkService(app, name, service)
          if (health && health.details !== true) hideDetails(service)
          return loadedOf(module, name, options, service)
        },
        inject: [token, host.MODULE_OPTIONS_TOKEN, ModuleRef, ModulesContainer],
      },
      ChangeSubscriber,
    ],
    exports: [token],
  }
  return module
}
