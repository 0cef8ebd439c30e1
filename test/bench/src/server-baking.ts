import { createHotConfig, volume } from '@hot-config/core'
import type { HotConfig, Source } from '@hot-config/core'

/**
 * Starts a configuration whose guard watches an update until the process ends.
 *
 * @param path of the volume that all servers of the bench read
 */
export async function startBaking(path: string): Promise<HotConfig<never>> {
  let updates = 0
  const changing: Source = {
    name: 'updates',
    read: async () => ({ revision: String(updates), entries: [{ path: ['updates'], value: updates }] }),
  }
  const options = { sources: [volume(path), changing], logger: false, guard: { bakeMs: 3_600_000 } } as const
  const config = await createHotConfig({ ...options, sources: [...options.sources] })
  updates++
  await config.reload()
  if (config.health().guard?.state !== 'baking') throw new Error('the guard does not watch')
  return config as unknown as HotConfig<never>
}
