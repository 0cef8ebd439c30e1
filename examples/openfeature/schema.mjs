import { z } from 'zod'

export const schema = z.object({
  greeting: z.string().default('Hello'),
  // the provider checks the flags themselves
  flags: z.record(z.string(), z.unknown()).default({}),
  $evaluators: z.record(z.string(), z.unknown()).optional(),
})
