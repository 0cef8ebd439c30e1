import { Module } from '@nestjs/common'
import type { DynamicModule, InjectionToken } from '@nestjs/common'
import { ModulesContainer } from '@nestjs/core'

import { liveSlice } from './config-slice.js'
import type { SliceDefinition } from './config-slice.js'
import type { HotConfigService } from './hot-config.service.js'

/** Passes a configuration on to the slices of all modules, whether or not its service is global. */
@Module({})
class HotConfigLinkModule {}

@Module({})
class HotConfigFeatureModule {}

interface Link {
  readonly service: Promise<HotConfigService>
  readonly resolve: (service: HotConfigService) => void
}

/** The links of each app, by the names of the configurations. */
const linksOfApps = new WeakMap<ModulesContainer, Map<string | undefined, Link>>()

/** Nest's error shows the token where the app has no such configuration. */
function linkToken(name: string | undefined): InjectionToken<HotConfigService> {
  return `HotConfigModule.forRoot(${name === undefined ? '' : `{ name: ${JSON.stringify(name)} }`})`
}

/**
 * The module that links slices to the module with their service. It does not import that one, because Nest 11.0 does not
 * resolve a `forwardRef()` of a dynamic module.
 */
export function linkModule(name: string | undefined): DynamicModule {
  const link = linkToken(name)
  return {
    module: HotConfigLinkModule,
    global: true,
    providers: [
      { provide: link, useFactory: (app: ModulesContainer) => linkOf(app, name).service, inject: [ModulesContainer] },
    ],
    exports: [link],
  }
}

/** Passes the service to the slices that wait for it. */
export function linkService(app: ModulesContainer, name: string | undefined, service: HotConfigService): void {
  linkOf(app, name).resolve(service)
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

function linkOf(app: ModulesContainer, name: string | undefined): Link {
  const links = linksOfApps.get(app) ?? new Map<string | undefined, Link>()
  linksOfApps.set(app, links)
  const link = links.get(name) ?? createLink()
  links.set(name, link)
  return link
}

function createLink(): Link {
  let resolve!: Link['resolve']
  const service = new Promise<HotConfigService>((settle) => (resolve = settle))
  return { service, resolve }
}
