import { OptionError } from '@hot-config/core'
import type { Schema } from '@hot-config/core'
import { Inject, Module } from '@nestjs/common'
import type { DynamicModule, NestModule, OnApplicationShutdown } from '@nestjs/common'
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core'

import type { SliceDefinition } from './config-slice.js'
import { featureModule } from './feature-module.js'
import { ConfigurableModuleClass } from './hot-config.module-definition.js'
import { openMessages } from './message-units.js'
import { checkAsyncOptions, checkModuleOptions } from './module-options.js'
import type { HotConfigModuleAsyncOptions, HotConfigModuleExtras, HotConfigModuleOptions } from './module-options.js'
import { LOADED } from './module-state.js'
import type { Loaded } from './module-state.js'
import { defineRequestConfig, openRequests, watchAllRequests } from './request-config.js'

/**
 * Adds live configuration to a Nest app: `HotConfigService`, `@LiveConfig()`, `@OnConfigChange()`, `request.config` and
 * `GET /config/health`. `NestFactory.create` fails with a `ConfigError` when there is no valid configuration. The
 * configuration closes with the app.
 */
@Module({ providers: [{ provide: LOADED, useFactory: failBareImport }] })
export class HotConfigModule extends ConfigurableModuleClass implements NestModule, OnApplicationShutdown {
  readonly #loaded: Loaded
  readonly #host: HttpAdapterHost

  constructor(
    @Inject(LOADED) loaded: Loaded,
    @Inject(HttpAdapterHost) host: HttpAdapterHost,
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(ApplicationConfig) app: ApplicationConfig,
  ) {
    super()
    this.#loaded = loaded
    this.#host = host
    // Here, because Nest registers the handlers of messages before it calls any hook.
    if (loaded.name === undefined && !loaded.isDelegate) openMessages(modules, app, loaded.service)
  }

  /**
   * Loads the configuration with these options when the app starts.
   *
   * @throws {OptionError} for unknown or invalid options, some of them only when the app starts
   */
  static override forRoot<const S extends Schema | undefined>(
    options: HotConfigModuleOptions<S> & HotConfigModuleExtras = {},
  ): DynamicModule {
    checkModuleOptions(options)
    return super.forRoot(options)
  }

  /**
   * Loads the configuration with options that a factory returns when the app starts.
   *
   * @throws {OptionError} for unknown or invalid options: at once, and for those of the factory when the app starts
   */
  static override forRootAsync(options: HotConfigModuleAsyncOptions): DynamicModule {
    checkAsyncOptions(options)
    return super.forRootAsync(options)
  }

  /**
   * Provides parts of the configuration for the providers of the importing module. `forRoot()` is in another module.
   *
   * @throws {OptionError} when the app starts, for a part that is no object
   */
  static forFeature(...slices: readonly SliceDefinition[]): DynamicModule {
    return featureModule(slices)
  }

  /** Nest calls this before it registers routes and middleware, and only in apps with HTTP. @internal */
  configure(): void {
    const { name, service, runInRequest, isDelegate } = this.#loaded
    if (isDelegate) return
    const { watchRequest } = service as Partial<typeof service>
    if (watchRequest) watchAllRequests(this.#host.httpAdapter, watchRequest)
    if (name === undefined) defineRequestConfig(this.#host.httpAdapter, service)
    if (runInRequest) openRequests(this.#host.httpAdapter, service, runInRequest)
  }

  /** Nest calls this after the last request has ended, and after the shutdown hooks of all other modules. @internal */
  async onApplicationShutdown(): Promise<void> {
    if (!this.#loaded.isDelegate) await this.#loaded.close()
  }
}

/** What `forRoot()` provides replaces it. */
function failBareImport(): never {
  throw new OptionError(
    'imports: [HotConfigModule] has no options: write HotConfigModule.forRoot() in one module; ' +
      'with isGlobal: true no other module has to import it',
  )
}
