import { requestConfig } from '@hot-config/core'

/**
 * What it costs to ship a parcel. Knows nothing of Express, and still reckons with the configuration of the request.
 *
 * @param {number} kilos
 * @returns {{ price: number, currency: string } | undefined} nothing for a parcel that is too heavy
 */
export function quote(kilos) {
  const { currency, shipping } = /** @type {import('./schema.mjs').Config} */ (requestConfig())
  if (kilos > shipping.maxKilos) return undefined
  return { price: shipping.base + Math.ceil(kilos) * shipping.perKilo, currency }
}
