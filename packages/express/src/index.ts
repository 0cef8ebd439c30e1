export { hotConfig, hotConfig as default } from './middleware.js'
export type { HotConfigMiddleware, HotConfigMiddlewareOptions } from './middleware.js'
