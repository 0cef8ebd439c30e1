import { createHotConfig } from '@hot-config/core'
import type {
  DeepReadonly,
  HotConfig,
  HotConfigOptions,
  InferConfig,
  Rejection,
  ReloadResult,
  Schema,
  Source,
} from '@hot-config/core'
import { expect } from 'vitest'

import type { DrivenSource } from './driven-source.ts'
import { eventually } from './eventually.ts'
import { recordingLogger } from './recording-logger.ts'
import type { RecordingLogger } from './recording-logger.ts'

/** A configuration, with a record of what it served, rejected and logged. */
export interface Followed<T> extends AsyncDisposable {
  readonly config: HotConfig<T>
  /** Every value that was served, in order. */
  readonly served: readonly DeepReadonly<T>[]
  /** Every rejection, in order. */
  readonly rejections: readonly Rejection[]
  readonly logger: RecordingLogger
  /** Waits until this is served. */
  serves(expected: unknown): Promise<void>
  /** Waits until health has all of this. */
  reports(expected: object): Promise<void>
}

/** One whose only source is driven by hand. */
export interface Driven<T, H = unknown> extends Followed<T> {
  readonly source: DrivenSource<H>
  /** Has the source hold this, and reloads. */
  update(next: H | Error): Promise<ReloadResult>
}

type Options<S extends Schema | undefined> = Omit<HotConfigOptions<S>, 'sources'>

/** Creates a configuration and follows it. */
export async function follow<const S extends Schema | undefined = undefined>(
  sources: string | Source | readonly (string | Source)[],
  options: Options<S> = {},
): Promise<Followed<InferConfig<S>>> {
  const logger = recordingLogger()
  return record(await createHotConfig({ logger, ...options, sources }), logger)
}

/** The same with a source that is driven by hand. */
export async function drive<H, const S extends Schema | undefined = undefined>(
  source: DrivenSource<H>,
  options: Options<S> = {},
): Promise<Driven<InferConfig<S>, H>> {
  const update = (next: H | Error): Promise<ReloadResult> => {
    source.set(next)
    return followed.config.reload()
  }
  const followed = await follow(source, options)
  return { ...followed, source, update }
}

/** Records what a configuration does from now on. */
function record<T>(config: HotConfig<T>, logger: RecordingLogger): Followed<T> {
  const served = [config.current]
  const rejections: Rejection[] = []
  config.onChange(({ next }) => served.push(next.value))
  config.onReject((rejection) => rejections.push(rejection))
  return {
    config,
    served,
    rejections,
    logger,
    serves: (expected) => eventually(() => expect(config.current).toEqual(expected)),
    reports: (expected) => eventually(() => expect(config.health()).toMatchObject(expected)),
    [Symbol.asyncDispose]: () => config.close(),
  }
}
