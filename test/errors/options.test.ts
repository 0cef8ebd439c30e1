import { createHotConfig, values } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

describe('options', () => {
  it.each([
    [{ source: '/etc/config' }, 'source: unknown option (did you mean "sources"?)'],
    [{ sources: 5 }, 'sources: expected a path'],
    [{ sources: [''] }, 'sources: expected a path'],
    [{ recheckMs: 0 }, 'recheckMs: expected a positive number of milliseconds'],
    [{ redact: 'password' }, 'redact: expected a list'],
    [{ logger: {} }, 'logger: expected functions'],
    [{ sources: values({}), schema: 5 }, 'schema: expected'],
  ])('%j is an option error', async (options, message) => {
    await expect(createHotConfig(options as never)).rejects.toThrow(message)
  })

  it('default to the path in HOT_CONFIG_PATH and to no schema', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'log.level': 'debug' })
    process.env['HOT_CONFIG_PATH'] = volume.path
    try {
      await using config = await createHotConfig()
      expect(config.current).toEqual({ log: { level: 'debug' } })
    } finally {
      delete process.env['HOT_CONFIG_PATH']
    }
  })
})
