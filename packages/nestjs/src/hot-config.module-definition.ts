import { ConfigurableModuleBuilder } from '@nestjs/common'
import type { DynamicModule } from '@nestjs/common'
import { DiscoveryModule } from '@nestjs/core'

import { ChangeSubscriber } from './change-subscriber.js'
import { healthController } from './health-controller.js'
import { getHotConfigToken } from './inject-hot-config.js'
import { load, LOADED, OWN_SERVICE } from './module-state.js'
import type { Loaded } from './module-state.js'
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
  return {
    ...definition,
    global: isGlobal,
    imports: [...(definition.imports ?? []), DiscoveryModule],
    controllers: health ? [healthController(health)] : [],
    providers: [
      ...(definition.providers ?? []),
      {
        provide: LOADED,
        useFactory: (options: HotConfigModuleOptions) => load(name, options),
        inject: [host.MODULE_OPTIONS_TOKEN],
      },
      ChangeSubscriber,
      {
        provide: token,
        useFactory: ({ service }: Loaded) => service,
        // The subscriber must exist before any provider can read a value, or it would miss changes.
        inject: [LOADED, ChangeSubscriber],
      },
      { provide: OWN_SERVICE, useExisting: token },
    ],
    exports: [token],
  }
}
