/** What to write where text is expected: YAML, JSON and TOML have more types than text. */
export function quoteIt(value: unknown): string {
  if (typeof value === 'number') return '; this value is a number: quote it'
  if (typeof value === 'boolean') return '; this value is a boolean: quote it'
  return value instanceof Date ? '; this value is a date: quote it' : ''
}
