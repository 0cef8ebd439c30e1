import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { manifestData, startExample } from '../support/example.ts'

describe('the Fastify example', () => {
  it('starts with its manifest, follows updates, survives a bad one and ends on SIGTERM', async () => {
    await using volume = await createConfigMapVolume()
    const manifest = manifestData('fastify')
    await volume.update(manifest)
    await using service = await startExample('fastify', volume.path)
    const { get } = service
    expect(await get('/hello/Ada')).toMatchObject({ body: { text: 'Hello, Ada!', release: 1, limitsRelease: 1 } })

    await volume.update({ ...manifest, GREETER_SHOUT: 'true' })
    await eventually(async () => expect(await get('/hello/Ada')).toMatchObject({ body: { text: 'HELLO, ADA!' } }))

    await volume.update({ ...manifest, 'limits.json': '{"limits":{"maxNameLength":"plenty"}}' })
    const issues = [expect.objectContaining({ file: 'limits.json', path: 'limits.maxNameLength' })]
    await eventually(async () =>
      expect(await get('/config/health')).toMatchObject({ body: { status: 'warn', lastRejection: { issues } } }),
    )
    expect(await get('/hello/Ada')).toMatchObject({ body: { text: 'HELLO, ADA!' } })
    expect(await service.stop()).toBe(0)
  })
})
