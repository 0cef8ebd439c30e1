import { Inject } from '@nestjs/common'
import type { InjectionToken } from '@nestjs/common'

import { HotConfigService } from './shared-service.js'

/**
 * The injection token of a configuration's `HotConfigService`: the class itself for the configuration without a name.
 */
export function getHotConfigToken(name?: string): InjectionToken<HotConfigService> {
  return name === undefined ? HotConfigService : `HotConfigService:${name}`
}

/** Injects the {@link HotConfigService} of the configuration with this name. */
export function InjectHotConfig(name?: string): ParameterDecorator & PropertyDecorator {
  return Inject(getHotConfigToken(name))
}
