/** One stamp of two, for a source that reads two others. It says all, so that several configurations may share the source. */
export function joinStamps(first: string | undefined, second?: string): string {
  return JSON.stringify([first ?? null, second ?? null])
}

/** Returns one of two stamps. */
export function stampIn(joined: string | undefined, index: number): string | undefined {
  if (joined === undefined) return undefined
  return (JSON.parse(joined) as (string | null)[])[index] ?? undefined
}
