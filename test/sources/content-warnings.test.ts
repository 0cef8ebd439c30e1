import { values, withCanary, withFallback } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import { expect, it } from 'vitest'

import { follow } from '../support/follow.ts'

/** A source that reports these mistakes in its content, which stays the same. */
const mistaken = (mistakes: string[]): Source => ({
  name: 'own',
  read: async () => ({
    revision: '1',
    contentWarnings: [...mistakes],
    entries: [{ key: 'app.json', bytes: Buffer.from('{"port":8080}') }],
  }),
})

const failing: Source = { name: 'failing', read: async () => Promise.reject(new Error('not now')) }

it.each<[place: string, (source: Source) => Source, said: string]>([
  ['a source', (source) => source, 'order is "first"'],
  ['the second of withFallback()', (source) => withFallback(failing, source), 'order is "first"'],
  ['the stable one of withCanary()', (source) => withCanary(source, values({})), 'order is "first"'],
  ['the canary of withCanary()', (source) => withCanary(values({}), source), 'own: order is "first"'],
])('mistakes that %s finds in its content are a warning until they are repaired', async (_, place, said) => {
  const mistakes: string[] = []
  await using running = await follow(place(mistaken(mistakes)))
  const { config, logger } = running
  const { status } = config.health()
  mistakes.push('order is "first"')
  expect(await config.reload()).toBe('unchanged')
  expect(config.health()).toMatchObject({ status: 'warn', version: 1 })
  expect(config.health().sources[0]?.warnings).toContain(said)
  expect(logger.lines.filter(({ message }) => message.includes(said))).toHaveLength(1)
  await config.reload()
  expect(logger.lines.filter(({ message }) => message.includes(said))).toHaveLength(1)
  mistakes.pop()
  await config.reload()
  expect(config.health().status).toBe(status)
  expect(config.health().sources[0]?.warnings).not.toContain(said)
})
