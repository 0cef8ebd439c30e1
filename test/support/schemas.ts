export interface Numbered {
  readonly n: number
  readonly [key: string]: unknown
}

/** A schema that rejects a negative `n`. */
export function positive(input: Record<string, unknown>): Numbered {
  if ((input['n'] as number) < 0) throw new Error('n: expected a positive number')
  return input as Numbered
}
