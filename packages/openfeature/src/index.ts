export { HotConfigProvider } from './hot-config-provider.js'
export type { HotConfigProviderOptions } from './hot-config-provider.js'
