import { createHotConfig } from '@hot-config/core'
import type { HotConfigOptions } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'

/** The configuration that a ConfigMap with these keys results in. */
export async function load(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: HotConfigOptions = {},
): Promise<Record<string, unknown>> {
  await using volume = await createConfigMapVolume()
  await volume.update(files)
  await using config = await createHotConfig({ logger: false, sources: volume.path, ...options })
  return config.current
}
