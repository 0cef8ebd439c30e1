import { setTimeout } from 'node:timers/promises'

import { OptionError } from '@hot-config/core'
import { Module } from '@nestjs/common'
import type { DynamicModule, InjectionToken } from '@nestjs/common'
import { ModulesContainer } from '@nestjs/core'

import { liveSlice } from './config-slice.js'
import type { SliceDefinition } from './config-slice.js'
import { dependsOnItself } from './depends-on-itself.js'
import type { HotConfigService } from './hot-config.service.js'
import { getHotConfigToken } from './inject-hot-config.js'

/** Passes a configuration on to the slices of all modules, whether or not its service is global. */
@Module({})
class HotConfigLinkModule {}

@Module({})
class HotConfigFeatureModule {}

interface Link {
  readonly service: Promise<HotConfigService>
  readonly resolve: (service: HotConfigService) => void
  readonly reject: (error: OptionError) => void
}

/** How often, and after how many milliseconds each, a start checks whether a configuration waits for itself. */
const CIRCLE_CHECKS = 10
const CIRCLE_CHECK_MS = 20

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
      {
        provide: link,
        useFactory: (app: ModulesContainer) => {
          void failInCircle(app, name)
          return linkOf(app, name).service
        },
        inject: [ModulesContainer],
      },
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

/**
 * Without it, an app would wait for ever where the options of a configuration depend on a slice of it, and in Nest 11 also
 * on a resource of it. Nest provides every link, so each configuration is checked. The dependencies are known after a
 * moment, or never if the start fails for another reason.
 */
async function failInCircle(app: ModulesContainer, name: string | undefined): Promise<void> {
  const { service, reject } = linkOf(app, name)
  const settled = Promise.allSettled([service])
  for (let check = 0; check < CIRCLE_CHECKS; check++) {
    if (await Promise.race([settled, setTimeout(CIRCLE_CHECK_MS)])) return
    const names = Array.from(linksOfApps.get(app)?.keys() ?? [])
    const services = new Map(names.map((each) => [linkToken(each), getHotConfigToken(each)]))
    if (dependsOnItself(app, getHotConfigToken(name), services)) return reject(circleError(name))
  }
}

function circleError(name: string | undefined): OptionError {
  return new OptionError(
    `forRootAsync: the options of ${name === undefined ? 'the configuration' : `the configuration "${name}"`} depend on ` +
      'itself, such as on a slice of it, so each waits for the other: the factory must inject something else',
  )
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
  let reject!: Link['reject']
  const service = new Promise<HotConfigService>((...settle) => ([resolve, reject] = settle))
  return { service, resolve, reject }
}
