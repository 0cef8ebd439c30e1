/** For the packages of this suite. Not covered by semantic versioning. */
export { LiveConfig } from './live-config.js'
export type { LiveConfigOptions } from './live-config.js'
export { silentLogger } from './logger.js'
export { resolveHealthPath } from './adapter.js'
export { parsePath, valueAt } from './paths.js'
export { Pinned } from './pinned.js'
export { lookAtMounts, mountOf, parseMountInfo } from './sources/mounts.js'
export type { Mount, Updatability } from './sources/mounts.js'
