import { join } from 'node:path'

import { createHotConfig, file, volume } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { recordingLogger } from '../support/recording-logger.ts'

describe.each([
  ['volume()', (folder: string) => volume(folder, { secret: true })],
  ['file()', (folder: string) => file(join(folder, 'db.json'), { secret: true })],
])('a mounted Secret read by %s', (_name, source) => {
  it('never shows any of its values', async () => {
    await using mounted = await createConfigMapVolume()
    await mounted.update({ 'db.json': '{"user":"octopus","password":"hunter-one"}' })
    const logger = recordingLogger()
    const schema = (input: Record<string, unknown>): Record<string, unknown> => {
      if (input['user'] === 'squid') throw new Error(`no such user: ${input['user']}`)
      return input
    }
    await using config = await createHotConfig({ sources: source(mounted.path), schema, logger })
    await mounted.update({ 'db.json': '{"user":"octopus","password":"hunter-two"}' })
    await config.reload()
    await mounted.update({ 'db.json': '{"user":"squid","password":"hunter-three"}' })
    expect(await config.reload()).toBe('rejected')
    expect(config.current).toEqual({ user: 'octopus', password: 'hunter-two' })
    const shown = JSON.stringify([config.history(), config.health(), logger.lines])
    expect(shown).toContain('[redacted]')
    expect(shown).not.toMatch(/hunter|octopus|squid/)
  })
})
