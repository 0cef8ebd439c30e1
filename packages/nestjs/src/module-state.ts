import { adapt, OptionError } from '@hot-config/core'
import type { Adapted, AdapterOptions, HotConfig } from '@hot-config/core'
import { sharedState } from '@hot-config/core/internal'
import type { DynamicModule } from '@nestjs/common'
import type { ModulesContainer } from '@nestjs/core'

import { EarlyChanges } from './early-changes.js'
import { checkLoadedOptions } from './module-options.js'
import { nestLogger } from './nest-logger.js'
import { HotConfigService } from './shared-service.js'

/** A configuration with its service: what one `HotConfigModule` of an app serves. */
export interface Loaded extends Pick<Adapted, 'runInRequest' | 'close'> {
  readonly name: string | undefined
  readonly service: HotConfigService
  /** `undefined` for a stand-in of a test that is no `HotConfigService`. */
  readonly config: HotConfig<unknown> | undefined
  readonly earlyChanges: EarlyChanges | undefined
  /** Whether another module loaded it, which replaces this one in a test and does the rest of its work. */
  readonly isDelegate: boolean
}

export const LOADED = Symbol.for('hot-config:loaded')

/** The modules of each app, by the names of their configurations. */
const modulesOfApps = sharedState(
  'nestjs-modules',
  () => new WeakMap<ModulesContainer, Map<string | undefined, DynamicModule>>(),
)

interface LoadedBy {
  readonly module: DynamicModule
  readonly loaded: Omit<Loaded, 'isDelegate'>
}

const loadedBy = sharedState('nestjs-loaded', () => new WeakMap<HotConfigService, LoadedBy>())

/**
 * Waits for the first load.
 *
 * @throws {ConfigError} when there is no valid configuration
 * @throws {OptionError} for unknown or invalid options, and when another module has the same name
 */
export async function load(
  module: DynamicModule,
  name: string | undefined,
  options: AdapterOptions,
  app: ModulesContainer,
): Promise<HotConfigService> {
  claimName(module, name, app)
  checkLoadedOptions(options)
  if (name !== undefined && options.requestContext) {
    throw new OptionError('requestContext: belongs to the configuration without a name, which request.config shows')
  }
  const adapted = adapt(
    options.config || options.logger !== undefined ? options : { ...options, logger: nestLogger(name) },
  )
  await adapted.ready
  const service = new HotConfigService(adapted.config)
  // before anybody can have read a value
  const earlyChanges = new EarlyChanges(adapted.config)
  loadedBy.set(service, { module, loaded: { ...adapted, name, service, earlyChanges } })
  return service
}

/** Returns the state of the service that is injected: the loaded one, or one that a test overrides it with. */
export function loadedOf(
  module: DynamicModule,
  name: string | undefined,
  { requestContext }: AdapterOptions,
  service: HotConfigService,
): Loaded {
  const known = loadedBy.get(service)
  if (known) return { ...known.loaded, isDelegate: known.module !== module }
  const { config } = service as Partial<HotConfigService>
  if (!config) return { name, service, config, earlyChanges: undefined, ...NOTHING, isDelegate: false }
  return {
    ...adapt({ config, requestContext }),
    name,
    service,
    earlyChanges: new EarlyChanges(config),
    isDelegate: false,
  }
}

const NOTHING = { runInRequest: undefined, close: async () => {} }

function claimName(module: DynamicModule, name: string | undefined, app: ModulesContainer): void {
  const modules = modulesOfApps.get(app) ?? new Map<string | undefined, DynamicModule>()
  modulesOfApps.set(app, modules)
  const other = modules.get(name)
  if (other && other !== module) {
    const which = name === undefined ? 'have no name' : `have the name "${name}"`
    throw new OptionError(
      `two HotConfigModules ${which}: write HotConfigModule.forRoot({ name: "billing" }) for one of them, ` +
        'or, if they are meant to be the same, import one only, with isGlobal: true',
    )
  }
  modules.set(name, module)
}
