import type { InferConfig } from '@hot-config/core'
import { z } from 'zod'

/** The schema of the service's configuration. */
export const schema = z.object({
  log: z.object({ level: z.enum(['error', 'warn', 'info', 'debug']) }),
  feed: z.object({
    /** How many articles a page has. */
    pageSize: z.int().min(1).max(50),
    /** Shown above the articles. */
    banner: z.string().optional(),
  }),
  throttle: z.object({
    /** How many requests are answered in a minute. */
    perMinute: z.int().positive(),
  }),
})

export type Config = InferConfig<typeof schema>
