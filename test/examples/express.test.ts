import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { manifestData, startExample } from '../support/example.ts'

describe('the Express example', () => {
  it('starts with its manifest, follows updates, survives a bad one and ends on SIGTERM', async () => {
    await using volume = await createConfigMapVolume()
    const manifest = manifestData('express')
    await volume.update(manifest)
    await using service = await startExample('express', volume.path)
    const { get } = service
    expect(await get('/quote?kilos=2.5')).toEqual({ status: 200, body: { price: 810, currency: 'EUR' } })
    expect(await get('/quote?kilos=31')).toEqual({ status: 400, body: { error: 'Expected at most 30 kg' } })
    expect(await get('/quote?kilos=none')).toMatchObject({ status: 400 })

    const app = manifest['app.yaml'] ?? ''
    await volume.update({ ...manifest, 'app.yaml': app.replace('EUR', 'GBP').replace('perKilo: 120', 'perKilo: 100') })
    const cheaper = { status: 200, body: { price: 750, currency: 'GBP' } }
    await eventually(async () => expect(await get('/quote?kilos=2.5')).toEqual(cheaper))
    await eventually(() => expect(service.output()).toContain('changed: currency, shipping.perKilo'))

    await volume.update({ ...manifest, 'app.yaml': app.replace('EUR', 'gold') })
    const issues = [expect.objectContaining({ file: 'app.yaml', line: 1, path: 'currency' })]
    await eventually(async () =>
      expect(await get('/config/health')).toMatchObject({
        status: 200,
        body: { status: 'warn', lastRejection: { issues } },
      }),
    )
    expect(await get('/quote?kilos=2.5')).toEqual(cheaper)

    await volume.update({ ...manifest, maintenance: 'on' })
    await eventually(async () => expect(await get('/quote?kilos=1')).toMatchObject({ status: 503 }))
    expect(await get('/config/health')).toMatchObject({ status: 200, body: { status: 'pass' } })

    expect(await service.stop()).toBe(0)
  })

  it('does not start without a valid configuration, and prints every problem', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'currency: gold' })
    await expect(startExample('express', volume.path)).rejects.toThrow(/ended with 1:[^]*currency[^]*shipping/)
  })
})
