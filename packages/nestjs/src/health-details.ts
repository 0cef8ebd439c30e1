import { sharedState } from '@hot-config/core/internal'

import type { HotConfigService } from './hot-config.service.js'

/** The services of modules with `health: { details }` that not everybody may see. The Terminus subpath may be a copy. */
const hidden = sharedState('nestjs-hidden-details', () => new WeakSet<HotConfigService>())

/** From now on, health indicators show only the status of this service. */
export function hideDetails(service: HotConfigService): void {
  hidden.add(service)
}

/** Whether everybody may see why a configuration is in its state. */
export function showsDetails(service: HotConfigService): boolean {
  return !hidden.has(service)
}
