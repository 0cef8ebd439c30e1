import type { Schema } from '@hot-config/core'
import { Inject, Module } from '@nestjs/common'
import type { DynamicModule, OnApplicationShutdown, OnModuleInit } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'

import { ConfigurableModuleClass } from './hot-config.module-definition.js'
import type {
  HotConfigModuleAsyncOptions,
  HotConfigModuleExtras,
  HotConfigModuleOptions,
} from './hot-config.module-definition.js'
import { LOADED } from './loaded.js'
import type { Loaded } from './loaded.js'
import { defineRequestConfig } from './request-config.js'

/**
 * Gives a Nest app live configuration: `HotConfigService`, `@LiveConfig()`, `@OnConfigChange()`, `request.config` and
 * `GET /config/health`. `NestFactory.create` fails with a `ConfigError` when there is no valid configuration. Closes with
 * the app.
 */
@Module({})
export class HotConfigModule extends ConfigurableModuleClass implements OnModuleInit, OnApplicationShutdown {
  readonly #loaded: Loaded
  readonly #host: HttpAdapterHost

  constructor(@Inject(LOADED) loaded: Loaded, @Inject(HttpAdapterHost) host: HttpAdapterHost) {
    super()
    this.#loaded = loaded
    this.#host = host
  }

  static override forRoot<const S extends Schema | undefined = undefined>(
    options: HotConfigModuleOptions<S> & HotConfigModuleExtras = {},
  ): DynamicModule {
    return super.forRoot(options)
  }

  static override forRootAsync(options: HotConfigModuleAsyncOptions): DynamicModule {
    return super.forRootAsync(options)
  }

  /** @internal */
  onModuleInit(): void {
    const { name, service } = this.#loaded
    if (name === undefined) defineRequestConfig(this.#host.httpAdapter, service)
  }

  /** By now no request is in flight any more. @internal */
  async onApplicationShutdown(): Promise<void> {
    await this.#loaded.close()
  }
}
