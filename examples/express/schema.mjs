import { z } from 'zod'

/** What the service's configuration must be. */
export const schema = z.object({
  currency: z.enum(['EUR', 'GBP', 'USD']),
  shipping: z.object({
    /** What every parcel costs, in cents. */
    base: z.int().nonnegative(),
    /** What each kilogram adds, in cents. */
    perKilo: z.int().nonnegative(),
    /** Heavier parcels are refused. */
    maxKilos: z.number().positive(),
  }),
  /** The text of a key of its own: yes or no, on or off, true or false. */
  maintenance: z.stringbool().default(false),
})

/** @typedef {import('zod').infer<typeof schema>} Config */
