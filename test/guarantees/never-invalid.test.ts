import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { drive, follow } from '../support/follow.ts'
import { proves } from '../requirements.ts'

proves('never-invalid')

describe('a rejection', () => {
  it('leaves the last good snapshot, calls listeners, and ends with the next good update', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'port: 1' })
    await using running = await follow(volume.path, { schema: z.object({ port: z.number() }) })
    const { config, rejections, logger, reports } = running
    const before = config.snapshot
    await volume.update({ 'app.yaml': 'a: b\nport: high' })
    await eventually(() => expect(rejections).toHaveLength(1))
    expect(rejections[0]).toMatchObject({
      source: `volume:${volume.path}`,
      issues: [{ file: 'app.yaml', line: 2, column: 1, path: 'port', code: 'HOT_CONFIG_SCHEMA' }],
    })
    expect(config.snapshot).toBe(before)
    expect(config.health()).toMatchObject({ status: 'warn', version: 1, lastRejection: { issues: [{ path: 'port' }] } })
    expect(logger.at('warn')).toHaveLength(1)
    await volume.update({ 'app.yaml': 'port: 2' })
    await reports({ status: 'pass', version: 2, lastRejection: null })
    expect(config.history().map(({ type }) => type)).toEqual(['rejection', 'change'])
  })

  it('ends as well when the update is taken back', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ port: '1' })
    await using running = await follow(volume.path, { schema: z.object({ port: z.coerce.number() }) })
    await volume.update({ port: 'x' })
    await running.reports({ status: 'warn' })
    await volume.update({ port: '1' })
    await running.reports({ status: 'pass', version: 1 })
    expect(running.config.health().lastRejection).toBeNull()
  })

  it('of a source that stays unreadable is one, not one for every check', async () => {
    await using running = await drive(drivenSource({}))
    const { config, source, rejections, logger } = running
    source.set(new Error('EIO'))
    for (let time = 0; time < 10; time++) expect(await config.reload()).toBe('rejected')
    expect(rejections).toHaveLength(1)
    expect(logger.at('warn')).toHaveLength(1)
    expect(config.health().reloads.rejected).toBe(10)
  })
})
