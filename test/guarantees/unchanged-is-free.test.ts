import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it, vi } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { follow } from '../support/follow.ts'
import { proves } from '../requirements.ts'

proves('unchanged-is-free')

describe('an update that changes nothing', () => {
  it('is not validated again when its bytes are the same', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.json': '{"a":1}' })
    const schema = vi.fn((input: Record<string, unknown>) => input)
    await using running = await follow(volume.path, { schema })
    for (let time = 0; time < 5; time++) expect(await running.config.reload()).toBe('unchanged')
    expect(schema).toHaveBeenCalledTimes(1)
  })

  it('makes no new snapshot when other bytes mean the same', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.json': '{"a":1,"b":2}' })
    await using running = await follow(volume.path)
    const { config, served } = running
    const before = config.snapshot
    await volume.update({ 'app.json': '{ "b": 2, "a": 1 }' })
    await eventually(() => expect(config.health().reloads.unchanged).toBeGreaterThan(0))
    expect(config.snapshot).toBe(before)
    expect(served).toHaveLength(1)
  })
})
