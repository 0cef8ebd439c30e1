import { createHotConfig, values, withCanary, withFallback } from '@hot-config/core'
import type { Reading, Source } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { drive, follow } from '../support/follow.ts'
import { loadError } from '../support/load-error.ts'
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

describe('what a source of the program returns', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 5],
    ['an empty object', {}],
    ['no entries', { revision: '1' }],
    ['entries that are no list', { revision: '1', entries: { a: 1 } }],
    ['an entry that is nothing', { revision: '1', entries: [null] }],
    ['a path that is a text', { revision: '1', entries: [{ path: 'a', value: 1 }] }],
    ['bytes that are a text', { revision: '1', entries: [{ key: 'a.yaml', bytes: 'x: 1' }] }],
    ['a revision that is a number', { revision: 1, entries: [] }],
  ])('is rejected with what was expected when it is %s', async (_what, reading) => {
    const own: Source = { name: 'own', read: async () => reading as Reading }
    const message = "own: can't be read: expected a reading with a revision, entries and texts as warnings"
    expect((await loadError(createHotConfig({ sources: own, logger: false }))).message).toBe(message)
    const stable = values({ a: 1 })
    await using running = await follow(withCanary(stable, own))
    expect(running.config.health()).toMatchObject({ canary: { state: 'refused' }, lastRejection: { message } })
    await using other = await follow(withFallback(own, stable))
    expect(other.config.current).toEqual({ a: 1 })
  })
})
