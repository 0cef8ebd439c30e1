import { HotConfigService, OnConfigChange } from '@hot-config/nestjs'
import { Inject, Injectable, Logger } from '@nestjs/common'
import type { LogLevel as NestLogLevel, OnModuleInit } from '@nestjs/common'

import type { Config } from './config.js'

const LEVELS: Record<Config['log']['level'], NestLogLevel[]> = {
  error: ['fatal', 'error'],
  warn: ['fatal', 'error', 'warn'],
  info: ['fatal', 'error', 'warn', 'log'],
  debug: ['fatal', 'error', 'warn', 'log', 'debug'],
}

/** Applies the configured log level. */
@Injectable()
export class LogLevel implements OnModuleInit {
  @Inject(HotConfigService) private readonly config!: HotConfigService<Config>
  private readonly logger = new Logger('LogLevel')

  onModuleInit(): void {
    this.apply(this.config.current.log.level)
  }

  @OnConfigChange('log.level')
  apply(level: Config['log']['level']): void {
    Logger.overrideLogger(LEVELS[level])
    this.logger.debug('debugging is on')
  }
}
