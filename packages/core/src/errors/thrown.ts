/** Whether an error was thrown. What is thrown may be anything, also a proxy that throws whatever is asked of it. */
export function isError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error
  } catch {
    return false
  }
}

/** Returns a property of anything that was thrown. A property that can't be read counts as missing. */
export function propertyOf(thrown: unknown, name: string): unknown {
  try {
    return (thrown as Readonly<Record<string, unknown>>)[name]
  } catch {
    return undefined
  }
}

/** Returns the code of anything that was thrown. */
export function codeOf(thrown: unknown): string | undefined {
  const code = propertyOf(thrown, 'code')
  return typeof code === 'string' ? code : undefined
}
