/**
 * Exports for the sister packages, not for applications. A sister package accepts every later minor version of core, so
 * an export that one of them imports must not change before the next major version.
 */
export { beginHotConfig, firstLoadOf } from './create-hot-config.js'
export { ContentValidator } from './adapters/content-validator.js'
export { HotConfigInstance } from './hot-config-instance.js'
export { describePlace, messageOf } from './errors/errors.js'
export { codeOf } from './errors/thrown.js'
export { mayPass, tryAgain } from './async/try-again.js'
export { sharedState } from './async/shared-state.js'
export { within } from './async/time-limit.js'
export { checkIsOptions, nested, readOptions } from './errors/option-checks.js'
export type { OptionReader, OptionsOf, OptionTable, TableOf } from './errors/option-checks.js'
export {
  MAX_MS,
  anyText,
  boolean,
  bytes,
  listOf,
  milliseconds,
  oneOf,
  optionalFunction,
  optionKind,
  paths,
  positiveMilliseconds,
  recordOf,
  requiredFunction,
  signal,
  text,
  textOf,
  withMethods,
} from './errors/option-kinds.js'
export type { OptionKind } from './errors/option-kinds.js'
export { cutText } from './errors/issue-limits.js'
export { readBytes, withFile } from './sources/files/read-file.js'
export { SHARE_KEY, shareOf } from './sources/canary/canary-share.js'
export { checksumIn } from './sources/last-good/last-good-content.js'
export { INITIAL, isRepeated, reduce } from './updates/state.js'
export type { Outcome, State } from './updates/state.js'
export { DEFAULT_PATH } from './sources/default-path.js'
export { FORMAT_NAMES } from './sources/format.js'
export { reasonWithoutText } from './formats/yaml-reason.js'
export { FormatChoice } from './sources/files/format-choice.js'
export { KeyChoice } from './sources/files/key-choice.js'
export { KEY_OPTIONS, describeMissing, requiredKeys } from './sources/files/key-options.js'
export type { KeyOptions } from './sources/files/key-options.js'
export { plainDetails, silentLogger } from './reports/logger.js'
export { ADAPTER_OPTIONS } from './adapters/adapter.js'
export { healthOption } from './adapters/health-option.js'
export { namePaths } from './adapters/name-paths.js'
export type { UnknownNamedPath } from './reports/log.js'
export { onClose } from './adapters/on-close.js'
export { formatPath, ownAt, parsePath, valueAt } from './trees/path.js'
export type { PathSegment } from './trees/path.js'
export { answerReadHealth, textOfAnswer } from './adapters/answer-health.js'
export type { Health } from './adapters/health-option.js'
export { isAnswered, sendHealth } from './adapters/health-handlers.js'
export type { Answerable } from './adapters/health-handlers.js'
export { HealthPath } from './adapters/health-path.js'
export { openRequestContext } from './adapters/request-context.js'
export { configProperty } from './adapters/request-pin.js'
export { requestCounts } from './updates/guard/request-counts.js'
export { RESOURCE_OPTIONS } from './updates/resource.js'
export { pinningHere } from './snapshots/snapshot-context.js'
export { isSame } from './trees/equal.js'
export { isPlainObject } from './trees/tree.js'
export { checkMounts, mountOf, parseMountInfo } from './sources/files/mounts.js'
export type { Mount, Updatability } from './sources/files/mounts.js'
export { isJsonSchema, plainSchema } from './schemas/json-schema/is-json-schema.js'
export { leavesOf } from './schemas/convict/entries.js'
export { coveredBySchema } from './schemas/covered-by-schema.js'
export { formWithoutSecrets } from './schemas/form-without-secrets.js'
export type { CoveredPaths } from './secrets/covered-paths.js'
