import { Inject, Injectable } from '@nestjs/common'
import { ModuleRef } from '@nestjs/core'
import { HealthIndicatorService } from '@nestjs/terminus'
import type { HealthIndicatorResult } from '@nestjs/terminus'

import { showsDetails } from './health-details.js'
import { getHotConfigToken } from './inject-hot-config.js'
import { readNamed } from './named.js'
import type { Named } from './named.js'

/** A health indicator for @nestjs/terminus: `() => this.hotConfig.isHealthy('config')`. */
@Injectable()
export class HotConfigHealthIndicator {
  readonly #indicators: HealthIndicatorService
  readonly #modules: ModuleRef

  constructor(
    @Inject(HealthIndicatorService) indicators: HealthIndicatorService,
    @Inject(ModuleRef) modules: ModuleRef,
  ) {
    this.#indicators = indicators
    this.#modules = modules
  }

  /**
   * Is down while there is no valid configuration. A rejected update leaves it up, since the last good configuration is
   * still served; `report` and `lastRejection` tell about the rejection. Where `health: { details }` of the module is
   * `false` or a function, only `report` is shown: an indicator has no request to ask about.
   *
   * @param key the name of the indicator in the answer of terminus
   * @throws {OptionError} for unknown or invalid options
   */
  isHealthy<const K extends string>(key: K, options: Named = {}): HealthIndicatorResult<K> {
    const service = this.#modules.get(getHotConfigToken(readNamed(options).name), { strict: false })
    const { status: report, version, digest, loadedAt, lastRejection } = service.health()
    const session = this.#indicators.check(key)
    const reasons = showsDetails(service) && { version, digest, loadedAt, lastRejection }
    const details: Record<string, unknown> = { report, ...reasons }
    return report === 'fail' ? session.down(details) : session.up(details)
  }
}
