/**
 * Formats a whole number with commas: `9,900`. `toLocaleString()` formats it alike, and blocks the event loop for some
 * 20 ms at its first call, which loads the data of all locales.
 */
export function grouped(number: number): string {
  let text = String(number)
  for (let end = text.length - 3; end > 0; end -= 3) text = `${text.slice(0, end)},${text.slice(end)}`
  return text
}
