import { env } from '@hot-config/core'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { load } from '../support/load.ts'

afterEach(() => vi.unstubAllEnvs())

describe('env()', () => {
  it('turns names into paths: parts by the separator, words in camel case, parts with lower-case letters unchanged', async () => {
    vi.stubEnv('ET_LOG__LEVEL', 'debug')
    vi.stubEnv('ET_DB__MAX_IDLE_TIME', '3')
    vi.stubEnv('ET_kept__As_Is', 'x')
    expect(await load({}, { sources: env({ prefix: 'ET_' }) })).toEqual({
      log: { level: 'debug' },
      db: { maxIdleTime: '3' },
      kept: { As_Is: 'x' },
    })
  })

  it('rejects an empty separator', () => {
    expect(() => env({ separator: '' })).toThrow(expect.objectContaining({ code: 'HOT_CONFIG_OPTION' }))
  })
})
