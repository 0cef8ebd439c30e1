import { createHotConfig, volume } from '@hot-config/core'
import type { ConfigError, HotConfig, Schema } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import type { ConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach } from 'vitest'

import { loadError } from '../support/load-error.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import type { RecordingLogger } from '../support/recording-logger.ts'
import { unwatched } from '../support/unwatched.ts'

type Files = Readonly<Record<string, string>>

export interface UsedVolume {
  readonly mounted: ConfigMapVolume
  /** A configuration of what the volume holds now. It is closed after the test. */
  start(schema: Schema, files: Files, logger?: RecordingLogger): Promise<HotConfig<unknown>>
  /** The error of a first load. */
  failure(schema: Schema, files: Files): Promise<ConfigError>
}

/** A ConfigMap volume for each test of this file, which is read by `reload()` only. */
export function useVolume(): UsedVolume {
  let mounted: ConfigMapVolume
  const configs: HotConfig<unknown>[] = []

  beforeEach(async () => {
    mounted = await createConfigMapVolume()
  })
  afterEach(async () => {
    for (const config of configs.splice(0)) await config.close()
    await mounted.remove()
  })

  const start: UsedVolume['start'] = async (schema, files, logger = recordingLogger()) => {
    await mounted.update(files)
    const config = await createHotConfig({ schema, sources: unwatched(volume(mounted.path)), logger })
    configs.push(config)
    return config
  }
  return {
    get mounted() {
      return mounted
    },
    start,
    failure: (schema, files) => loadError(start(schema, files)),
  }
}
