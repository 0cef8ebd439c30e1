export { HotConfigModule } from './hot-config.module.js'
export type {
  HotConfigModuleAsyncOptions,
  HotConfigModuleExtras,
  HotConfigModuleOptions,
  HotConfigOptionsFactory,
} from './module-options.js'
export { configSlice } from './config-slice.js'
export type { SliceDefinition, SliceType } from './config-slice.js'
export { HotConfigService } from './shared-service.js'
export type { PartChange } from './hot-config.service.js'
export { getHotConfigToken, InjectHotConfig } from './inject-hot-config.js'
export { LiveConfig } from './live-config.js'
export { OnConfigChange } from './on-config-change.js'
export type { Named } from './named.js'
export type { HotConfigRequest } from './request-config.js'
export { resourceProvider } from './resource-provider.js'
export type { ResourceProviderOptions } from './resource-provider.js'
