import { createHotConfig } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import { expect, it } from 'vitest'

it('gives a source another signal from time to time, as Node keeps in each what AbortSignal.any() makes of it', async () => {
  const signals = new Set<AbortSignal>()
  const source: Source = {
    name: 'own',
    async read(signal) {
      signals.add(signal)
      AbortSignal.any([signal]).throwIfAborted()
      return { revision: '1', entries: [{ path: ['port'], value: 8080 }] }
    },
  }
  await using config = await createHotConfig({ sources: source, logger: false })
  for (let reading = 0; reading < 3_000; reading++) await config.reload()
  expect(signals.size).toBeGreaterThan(2)
})
