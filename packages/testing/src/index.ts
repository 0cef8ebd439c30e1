export { createConfigMapVolume } from './config-map-volume.js'
export type { ConfigMapVolume } from './config-map-volume.js'
