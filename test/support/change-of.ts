import type { Change } from '@hot-config/core'
import { expect } from 'vitest'

import { drivenSource } from './driven-source.ts'
import { drive } from './follow.ts'

/** The change that an update makes. */
export async function changeOf(before: unknown, after: unknown): Promise<Change<Record<string, unknown>>> {
  await using running = await drive(drivenSource(before))
  const { config, update } = running
  let change: Change<Record<string, unknown>> | undefined
  config.onChange((made) => (change = made))
  expect(await update(after)).toBe('changed')
  return change ?? expect.fail('no listener was called')
}
