export { createHotConfig, startHotConfig } from './create-hot-config.js'
export type { StartedHotConfig } from './create-hot-config.js'
export type { HotConfigOptions } from './options.js'
export type { ChangeListener, HotConfig, RejectListener } from './hot-config.js'
export type { Change, Snapshot } from './snapshots/snapshot.js'
export type { Rejection } from './updates/rejection.js'
export type { Reload, ReloadListener, ReloadResult } from './updates/reload.js'
export type { StageDurations } from './updates/stopwatch.js'
export type { Unsubscribe } from './async/listeners.js'
export type { FirstPartListener, OnChangeOptions, PartListener } from './reports/notifications.js'
export type { Explanation, GivenValue } from './reports/explanation.js'
export type { HistoryEntry } from './reports/history.js'
export type { BeforeChangeHook, BeforeChangeOptions, ProposedChange } from './updates/preparation.js'
export type { GuardCheckContext, GuardedRequests, GuardOptions } from './updates/guard/guard-options.js'
export type { GuardHealth } from './updates/guard/guard.js'
export type { CreateResource, Resource, ResourceOptions } from './updates/resource.js'
export type { Difference } from './trees/diff.js'
export { defineSchema } from './schemas/schema.js'
export type { ConvictSchema, InferConfig, Schema } from './schemas/schema.js'
export type { FluentSchema, JsonSchema } from './schemas/json-schema/types.js'
export type { UnknownPolicy } from './schemas/validator.js'
export type { DeepReadonly } from './trees/deep-readonly.js'
export type { Path, PathValue, Selector } from './trees/path-types.js'
export type { Logger } from './reports/logger.js'
export type { Registered, RegisteredConfig, Register } from './register.js'

export { volume } from './sources/volume.js'
export type { VolumeOptions } from './sources/volume.js'
export { file } from './sources/file.js'
export type { FileOptions } from './sources/file.js'
export { dotenv } from './sources/dotenv.js'
export type { DotenvOptions } from './sources/dotenv.js'
export { env } from './sources/env.js'
export type { EnvOptions } from './sources/env.js'
export { values } from './sources/values.js'
export { withFallback } from './sources/with-fallback.js'
export type { FallbackOptions } from './sources/with-fallback.js'
export { withCanary } from './sources/with-canary.js'
export type { CanaryOptions } from './sources/with-canary.js'
export type { LastGoodOption, LastGoodOptions } from './sources/last-good/last-good-option.js'
export type { LastGoodStore } from './sources/last-good/last-good-store.js'
export type { Format, FormatName, ValuePosition } from './sources/format.js'
export type {
  CanaryReading,
  Entry,
  FileEntry,
  Reading,
  Source,
  ValueEntry,
  VolumeUpdate,
  Watch,
  WatchContext,
} from './sources/source.js'

export {
  ClosedError,
  ConfigError,
  EmptiedError,
  FormatError,
  NotReadyError,
  OptionError,
  ResourceError,
  SchemaError,
  SourceError,
  TakenBackError,
  VetoError,
} from './errors/errors.js'
export type { Issue, IssueCode } from './errors/errors.js'

export { answerHealth } from './adapters/answer-health.js'
export type { HealthAnswer } from './adapters/answer-health.js'
export { healthHandler, nodeHealthHandler } from './adapters/health-handlers.js'
export type { NodeHealthRequest, NodeHealthResponse } from './adapters/health-handlers.js'
export { healthResponse } from './reports/health.js'
export type { CanaryHealth } from './reports/canary-health.js'
export type { HealthRejection, HealthReport, HealthStatus, SourceHealth } from './reports/health.js'
export { adapt } from './adapters/adapter.js'
export type { Adapted, AdapterOptions } from './adapters/adapter.js'
export type { HealthOptions, HealthRequest } from './adapters/health-option.js'
export { NoRequestError, requestConfig } from './adapters/request-context.js'
export type { ConfiguredRequest, RunInRequest } from './adapters/request-context.js'
export { RequestPin } from './adapters/request-pin.js'
