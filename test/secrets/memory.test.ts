import { randomBytes } from 'node:crypto'

import { createHotConfig } from '@hot-config/core'
import { expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { usedBytes } from '../support/memory.ts'
import { proves } from '../requirements.ts'

proves('nothing-leaks')

const MIB = 1024 * 1024

function secretsOf(keys: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: keys }, () => [randomBytes(9).toString('hex'), randomBytes(30).toString('hex')]),
  )
}

it('what secrets were is forgotten: hundreds of rotations take no more memory than the first ones', async () => {
  const source = drivenSource<Record<string, string>>(secretsOf(250), {
    reading: (secrets) => ({ entries: [{ path: ['vault'], value: secrets, secret: true }] }),
  })
  await using config = await createHotConfig({ sources: source, logger: false })
  config.onChange(() => {
    throw new Error('has every secret learnt')
  })
  const rotate = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      source.set(secretsOf(250))
      expect(await config.reload()).toBe('changed')
    }
  }
  await rotate(60)
  const before = await usedBytes()
  await rotate(400)
  // All of them would be 400 times 250 secrets with their keys, more than 20 MiB. A table of 8 MiB may be made anew.
  expect((await usedBytes()) - before).toBeLessThan(12 * MIB)
}, 60_000)

it('a secret of twenty snapshots ago is still hidden where a late error quotes it', async () => {
  const source = drivenSource<string>('hunter-00', {
    reading: (password) => ({ entries: [{ path: [], value: { password } }] }),
  })
  const logged: string[] = []
  const error = (details: object): void => void logged.push(JSON.stringify(details))
  const logger = { info: () => undefined, warn: () => undefined, error }
  await using config = await createHotConfig({ sources: source, logger })
  for (let n = 1; n <= 20; n++) {
    source.set(`hunter-${String(n).padStart(2, '0')}`)
    await config.reload()
  }
  config.onChange(() => {
    throw new Error('late: hunter-01')
  })
  source.set('hunter-21')
  await config.reload()
  expect(logged.join()).toContain('late: [redacted]')
})
