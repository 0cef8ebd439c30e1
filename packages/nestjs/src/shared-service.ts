import type { Registered } from '@hot-config/core'
import { sharedState } from '@hot-config/core/internal'

import { HotConfigService as OwnService } from './hot-config.service.js'

export type HotConfigService<T = Registered> = OwnService<T>

/**
 * The live configuration, to be injected into providers and controllers. All copies of this package in a process have
 * the same class, since Nest finds providers by its identity: an app in ES modules may use a library in CommonJS.
 */
export const HotConfigService: typeof OwnService = sharedState('nestjs-service', () => OwnService)
