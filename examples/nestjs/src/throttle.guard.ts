import { HotConfigService } from '@hot-config/nestjs'
import { HttpException, HttpStatus, Inject, Injectable } from '@nestjs/common'
import type { CanActivate, ExecutionContext } from '@nestjs/common'

import type { Config } from './config.js'

/** Rejects requests above the configured number per minute. */
@Injectable()
export class ThrottleGuard implements CanActivate {
  @Inject(HotConfigService) private readonly config!: HotConfigService<Config>
  private minute = 0
  private count = 0

  canActivate(context: ExecutionContext): boolean {
    const { throttle } = this.config.forRequest(context.switchToHttp().getRequest<object>())
    const minute = Math.floor(Date.now() / 60_000)
    if (minute !== this.minute) [this.minute, this.count] = [minute, 0]
    if (++this.count > throttle.perMinute) throw new HttpException('Too many requests', HttpStatus.TOO_MANY_REQUESTS)
    return true
  }
}
