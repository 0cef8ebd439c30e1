import { createHotConfig } from '@hot-config/core'
import { expect, it } from 'vitest'
import { z } from 'zod'

import { drivenSource } from '../support/driven-source.ts'

/** Copying so many values takes longer than a slice, on any machine. */
const PARTS = 400
const VALUES = 200

/** All parts but the first stay the same, so that only the copy visits their values. */
function manyOf(first: number): Record<string, unknown> {
  const part = (value: number): object =>
    Object.fromEntries(Array.from({ length: VALUES }, (_, index) => [`key${index}`, value + index]))
  return Object.fromEntries(
    Array.from({ length: PARTS }, (_, index) => [`part${index}`, part(index === 0 ? first : index)]),
  )
}

it('separate the copy of many values of the program from the call of the schema', async () => {
  let turns = 0
  let isOver = false
  const turn = (): void => {
    turns++
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  const seen: number[] = []
  const source = drivenSource<Record<string, unknown>>(manyOf(0), {
    reading: (held) => {
      seen.push(turns)
      return { entries: [{ path: [], value: held }] }
    },
  })
  const schema = z.unknown().transform((value) => {
    seen.push(turns)
    return value as object
  })
  await using config = await createHotConfig({ schema, sources: source, logger: false })
  source.set(manyOf(1))
  await config.reload()
  isOver = true
  const [, , read, validated] = seen
  expect(validated).toBeGreaterThan(read ?? Number.NaN)
})
