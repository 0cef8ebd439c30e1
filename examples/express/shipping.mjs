import { requestConfig } from '@hot-config/core'

/**
 * Calculates the price of a parcel. It has no access to the request, but it uses the configuration of the request.
 *
 * @param {number} kilos
 * @returns {{ price: number, currency: string } | undefined} `undefined` if the parcel is too heavy
 */
export function quote(kilos) {
  const { currency, shipping } = /** @type {import('./schema.mjs').Config} */ (requestConfig())
  if (kilos > shipping.maxKilos) return undefined
  return { price: shipping.base + Math.ceil(kilos) * shipping.perKilo, currency }
}
