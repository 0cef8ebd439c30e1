/** The code of what was thrown, which may be anything, also an object whose properties throw. */
export function codeOf(error: unknown): string | undefined {
  try {
    const { code } = error as NodeJS.ErrnoException
    return typeof code === 'string' ? code : undefined
  } catch {
    return undefined
  }
}
