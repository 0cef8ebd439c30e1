/**
 * Formats a whole number with commas: `9,900`. `toLocaleString()` formats it alike, and blocks the event loop for some
 * 20 ms at its first call, which loads the data of all locales.
 */
export function grouped(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ',')
}
