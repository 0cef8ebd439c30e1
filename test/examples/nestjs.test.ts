import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { manifestData, startExample } from '../support/example.ts'

describe('the NestJS example', () => {
  it('starts with its manifest, follows updates, survives a bad one and ends on SIGTERM', async () => {
    await using volume = await createConfigMapVolume()
    const manifest = manifestData('nestjs')
    await volume.update(manifest)
    await using service = await startExample('nestjs', volume.path)
    const { get } = service
    const two = ['Rain in the north', 'Sun in the south']
    expect(await get('/news')).toEqual({ status: 200, body: { banner: 'Welcome', articles: two } })

    const app = manifest['app.yaml'] ?? ''
    const changed = { 'app.yaml': app.replace('pageSize: 2', 'pageSize: 1').replace('level: info', 'level: debug') }
    await volume.update(changed)
    const one = { status: 200, body: { articles: two.slice(0, 1) } }
    await eventually(async () => expect(await get('/news')).toEqual(one))
    await eventually(() => expect(service.output()).toContain('debugging is on'))

    await volume.update({ 'app.yaml': app.replace('pageSize: 2', 'pageSize: many') })
    const issues = [expect.objectContaining({ path: 'feed.pageSize' })]
    await eventually(async () =>
      expect(await get('/config/health')).toMatchObject({
        status: 200,
        body: { status: 'warn', lastRejection: { issues } },
      }),
    )
    expect(await get('/news')).toEqual(one)

    await volume.update({ 'app.yaml': app.replace('perMinute: 100', 'perMinute: 1') })
    await eventually(async () => expect(await get('/news')).toMatchObject({ status: 429 }))
    expect(await get('/config/health')).toMatchObject({ status: 200, body: { status: 'pass' } })

    expect(await service.stop()).toBe(0)
  })

  it('does not start without a valid configuration, and prints every problem', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'feed: { pageSize: 0 }' })
    await expect(startExample('nestjs', volume.path)).rejects.toThrow(/ended with 1:[^]*log[^]*feed.pageSize/)
  })
})
