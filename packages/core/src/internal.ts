/** For the packages of this suite. Not covered by semantic versioning. */
export { HotConfigInstance } from './hot-config-instance.js'
export { silentLogger } from './reports/logger.js'
export { resolveHealthPath } from './adapters/adapter.js'
export { parsePath, valueAt } from './trees/path.js'
export { RequestPin } from './adapters/request-pin.js'
export { isSame } from './trees/equal.js'
export { lookAtMounts, mountOf, parseMountInfo } from './sources/files/mounts.js'
export type { Mount, Updatability } from './sources/files/mounts.js'
