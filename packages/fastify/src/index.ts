export { hotConfig, hotConfig as default } from './plugin.js'
export type { HotConfigPluginOptions } from './plugin.js'
export type { FastifyHealthOptions } from './health-route.js'
