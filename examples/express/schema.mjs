import { z } from 'zod'

/** The schema of the service's configuration. */
export const schema = z.object({
  currency: z.enum(['EUR', 'GBP', 'USD']),
  shipping: z.object({
    /** The base price of every parcel, in cents. */
    base: z.int().nonnegative(),
    /** The price of each kilogram, in cents. */
    perKilo: z.int().nonnegative(),
    /** Heavier parcels are rejected. */
    maxKilos: z.number().positive(),
  }),
  /** A key of its own in the ConfigMap, so its value is text: yes or no, on or off, true or false. */
  maintenance: z.stringbool().default(false),
})

/** @typedef {import('zod').infer<typeof schema>} Config */
