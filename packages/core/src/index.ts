export { createHotConfig, startHotConfig } from './create-hot-config.js'
export type { HotConfigOptions } from './options.js'
export type {
  ChangeListener,
  HotConfig,
  PartListener,
  RejectListener,
  ReloadResult,
  Unsubscribe,
} from './hot-config.js'
export type { Change, Snapshot } from './snapshot.js'
export type { Rejection } from './rejection.js'
export type { Reload, ReloadListener } from './reload.js'
export type { HistoryEntry, StageDurations } from './history.js'
export type { BeforeChangeHook, BeforeChangeOptions, ProposedChange } from './preparation.js'
export type { CreateResource, Resource, ResourceOptions } from './resource.js'
export type { Difference } from './diff.js'
export type { ConvictSchema, InferConfig, Schema } from './schema.js'
export type { DeepReadonly } from './deep-readonly.js'
export type { Path, PathValue, Selector } from './paths.js'
export type { Logger } from './logger.js'
export type { RegisteredConfig, Register } from './register.js'

export { volume } from './sources/volume.js'
export type { VolumeOptions } from './sources/volume.js'
export { file } from './sources/file.js'
export type { FileOptions } from './sources/file.js'
export { env } from './sources/env.js'
export type { EnvOptions } from './sources/env.js'
export { values } from './sources/values.js'
export { withFallback } from './sources/with-fallback.js'
export type { FallbackOptions } from './sources/with-fallback.js'
export type { Entry, FileEntry, Reading, Source, ValueEntry, Watch, WatchContext } from './source.js'

export {
  ClosedError,
  ConfigError,
  FormatError,
  NotReadyError,
  OptionError,
  ResourceError,
  SchemaError,
  SourceError,
  VetoError,
} from './errors.js'
export type { Issue, IssueCode } from './errors.js'

export { answerHealth } from './answer-health.js'
export type { HealthAnswer, HealthRequest } from './answer-health.js'
export { healthResponse } from './health.js'
export type { HealthRejection, HealthReport, HealthStatus, SourceHealth } from './health.js'
export { adapt } from './adapter.js'
export type { Adapted, AdapterOptions } from './adapter.js'
export { NoRequestError, requestConfig } from './request-context.js'
export type { ConfiguredRequest, RunInRequest } from './request-context.js'
