import { forwardRef, Module } from '@nestjs/common'
import type { DynamicModule, InjectionToken } from '@nestjs/common'

import { liveSlice } from './config-slice.js'
import type { SliceDefinition } from './config-slice.js'
import type { HotConfigService } from './hot-config.service.js'

/** Passes a configuration on to the slices of all modules, whether or not its service is global. */
@Module({})
class HotConfigLinkModule {}

@Module({})
class HotConfigFeatureModule {}

/** Nest's error shows the token where the app has no such configuration. */
function linkToken(name: string | undefined): InjectionToken<HotConfigService> {
  return `HotConfigModule.forRoot(${name === undefined ? '' : `{ name: ${JSON.stringify(name)} }`})`
}

/** The module that links slices to a module with a service. */
export function linkModule(
  name: string | undefined,
  token: InjectionToken<HotConfigService>,
  root: () => DynamicModule,
): DynamicModule {
  const link = linkToken(name)
  return {
    module: HotConfigLinkModule,
    global: true,
    imports: [forwardRef(root)],
    providers: [{ provide: link, useFactory: (service: HotConfigService) => service, inject: [token] }],
    exports: [link],
  }
}

/** The module that provides slices. */
export function featureModule(slices: readonly SliceDefinition[]): DynamicModule {
  return {
    module: HotConfigFeatureModule,
    providers: slices.map((slice) => ({
      provide: slice.KEY,
      useFactory: (service: HotConfigService) => liveSlice(slice, service),
      inject: [linkToken(slice.name)],
    })),
    exports: slices.map(({ KEY }) => KEY),
  }
}
