import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { manifestData, startExample } from '../support/example.ts'

describe('the OpenFeature example', () => {
  it('has a flag for each user, follows updates, survives a bad one and ends on SIGTERM', async () => {
    await using volume = await createConfigMapVolume()
    const manifest = manifestData('openfeature')
    await volume.update(manifest)
    await using service = await startExample('openfeature', volume.path)
    const { get } = service
    const answer = async (user: string, email = ''): Promise<unknown> =>
      (await get(`/checkout?user=${user}&email=${email}`)).body
    const long = { greeting: 'Hello', steps: ['address', 'payment', 'confirmation'], color: 'blue' }
    expect(await answer('ann', 'ann@shop.example')).toEqual({
      greeting: 'Hello',
      steps: ['everything'],
      color: 'green',
    })
    const users = await Promise.all(Array.from({ length: 100 }, (_, user) => answer(`user-${user}`)))
    const inBeta = users.filter((each) => (each as typeof long).steps.length === 1).length
    expect(inBeta).toBeGreaterThan(0)
    expect(inBeta).toBeLessThan(30)

    const flags = manifest['flags.json'] ?? ''
    await volume.update({
      ...manifest,
      'flags.json': flags.replace('["on", 10], ["off", 90]', '["on", 0], ["off", 100]'),
    })
    await eventually(() => expect(service.output()).toContain('flags changed: one-page-checkout'))
    expect(await answer('user-1')).toEqual(long)

    await volume.update({ ...manifest, 'flags.json': flags.replace('ENABLED', 'ON') })
    const issues = [{ path: 'flags.one-page-checkout.state', message: expect.stringContaining('ENABLED, DISABLED') }]
    await eventually(async () =>
      expect(await get('/config/health')).toMatchObject({ body: { status: 'warn', lastRejection: { issues } } }),
    )
    expect(await answer('user-1')).toEqual(long)
    expect(await service.stop()).toBe(0)
  })
})
