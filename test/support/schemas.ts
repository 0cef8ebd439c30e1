import type { Schema } from '@hot-config/core'
import { z } from 'zod'

export interface Numbered {
  readonly n: number
  readonly [key: string]: unknown
}

/** A schema that rejects a negative `n`. */
export function positive(input: Record<string, unknown>): Numbered {
  if ((input['n'] as number) < 0) throw new Error('n: expected a positive number')
  return input as Numbered
}

export const zodSchema = z.object({
  log: z.object({ level: z.enum(['debug', 'info']).default('info') }).prefault({}),
  servers: z.array(z.object({ host: z.string(), tags: z.array(z.string()) })).default([]),
  ratio: z.string().transform(Number).optional(),
  labels: z.record(z.string(), z.number()).default({}),
})

/** A schema that rejects whatever is at each of these paths. */
export function rejecting(paths: readonly (readonly (string | number)[])[]): Schema {
  const issues = paths.map((path) => ({ path, message: 'is wrong' }))
  return { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues }) } }
}
