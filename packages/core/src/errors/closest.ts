/** Returns the name that was probably meant by a misspelled or shortened one, or `undefined` when none is similar. */
export function closest(name: string, names: readonly string[]): string | undefined {
  const written = name.toLowerCase()
  let best: string | undefined
  // At most a third of the letters may differ. Otherwise, short names would be confused.
  let nearest = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of names) {
    const meant = candidate.toLowerCase()
    const isShortened = written.length > 1 && (meant.startsWith(written) || written.startsWith(meant))
    const distance = Math.min(distanceOf(written, meant), isShortened ? 2 : Infinity)
    if (distance < Math.min(nearest, meant.length)) [best, nearest] = [candidate, distance]
  }
  return best
}

/** The Levenshtein distance: how many letters have to be inserted, removed or replaced. */
function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let line = 1; line <= from.length; line++) {
    const next = [line]
    for (let column = 1; column <= to.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (from[line - 1] === to[column - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
