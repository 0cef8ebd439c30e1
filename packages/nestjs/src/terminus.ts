export { HotConfigHealthIndicator } from './hot-config.health-indicator.js'
