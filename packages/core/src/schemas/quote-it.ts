/** The hint to quote a value where text is expected. YAML, JSON and TOML read `5` or `true` as other types. */
export function quoteIt(value: unknown): string {
  if (typeof value === 'number') return '; this value is a number: quote it'
  if (typeof value === 'boolean') return '; this value is a boolean: quote it'
  return value instanceof Date ? '; this value is a date: quote it' : ''
}
