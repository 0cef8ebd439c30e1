import { adapt, OptionError } from '@hot-config/core'
import type { Adapted, AdapterOptions } from '@hot-config/core'

import { HotConfigService } from './hot-config.service.js'
import { checkLoadedOptions } from './module-options.js'
import { nestLogger } from './nest-logger.js'

/** A loaded configuration with its service: what a module builds from its options. */
export interface Loaded extends Adapted {
  readonly name: string | undefined
  readonly service: HotConfigService
}

export const LOADED = Symbol.for('hot-config:loaded')
/**
 * The token of the module's own service, whatever its name. A test that overrides the service replaces this one too.
 */
export const OWN_SERVICE = Symbol.for('hot-config:service')

/** Waits for the first load. @throws {ConfigError} when there is no valid configuration */
export async function load(name: string | undefined, options: AdapterOptions): Promise<Loaded> {
  checkLoadedOptions(options)
  if (name !== undefined && options.requestContext) {
    throw new OptionError('requestContext: belongs to the configuration without a name, which request.config shows')
  }
  const adapted = adapt(
    options.config || options.logger !== undefined ? options : { ...options, logger: nestLogger(name) },
  )
  await adapted.ready
  return { ...adapted, name, service: new HotConfigService(adapted.config) }
}
