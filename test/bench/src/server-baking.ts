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
  const sources = [volume(path), changing]
  const config = await createHotConfig({ sources, logger: false, guard: { bakeMs: 3_600_000 } })
  updates++
  await config.reload()
  if (config.health().guard?.state !== 'baking') throw new Error('the guard does not watch')
  return config as unknown as HotConfig<never>
}
