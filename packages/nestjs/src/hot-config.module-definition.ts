import type { AdapterOptions, Schema } from '@hot-config/core'
import { resolveHealthPath } from '@hot-config/core/internal'
import { ConfigurableModuleBuilder } from '@nestjs/common'
import type { ConfigurableModuleAsyncOptions, DynamicModule } from '@nestjs/common'
import { DiscoveryModule } from '@nestjs/core'

import { ChangeSubscriber } from './change-subscriber.js'
import { healthController } from './health-controller.js'
import { getHotConfigToken } from './inject-hot-config.js'
import { load, LOADED, OWN_SERVICE } from './module-state.js'
import type { Loaded } from './module-state.js'
import type { Named } from './named.js'

/** What Nest must know before anything is loaded; with `forRootAsync` it is given beside `useFactory`. */
export interface HotConfigModuleExtras extends Named {
  /** Makes the service injectable everywhere without importing the module. Default: `false`. */
  readonly isGlobal?: boolean | undefined
  /** Where the health report is served. Default: `/config/health`, for named ones with `/<name>` after it. */
  readonly health?: AdapterOptions['health'] | undefined
}

/** The options of `createHotConfig`, or an existing `config`. The logger is Nest's unless given. */
export type HotConfigModuleOptions<S extends Schema | undefined = Schema | undefined> = Omit<
  AdapterOptions<S>,
  'health'
>

/** For `forRootAsync({ useClass })` and `useExisting`. */
export interface HotConfigOptionsFactory {
  createHotConfigOptions(): Promise<HotConfigModuleOptions> | HotConfigModuleOptions
}

export type HotConfigModuleAsyncOptions = ConfigurableModuleAsyncOptions<
  HotConfigModuleOptions,
  'createHotConfigOptions'
> &
  HotConfigModuleExtras

const host = new ConfigurableModuleBuilder<HotConfigModuleOptions>()
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createHotConfigOptions')
  .setExtras<HotConfigModuleExtras>({ name: undefined, isGlobal: false, health: undefined }, define)
  .build()

export const { ConfigurableModuleClass } = host

function define(definition: DynamicModule, { name, isGlobal, health }: HotConfigModuleExtras): DynamicModule {
  const token = getHotConfigToken(name)
  const path = resolveHealthPath(health, name === undefined ? undefined : `/config/health/${name}`)
  return {
    ...definition,
    global: isGlobal ?? false,
    imports: [...(definition.imports ?? []), DiscoveryModule],
    controllers: path === undefined ? [] : [healthController(path, health)],
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
        // the subscriber is there before anybody can have read a value
        inject: [LOADED, ChangeSubscriber],
      },
      { provide: OWN_SERVICE, useExisting: token },
    ],
    exports: [token],
  }
}
