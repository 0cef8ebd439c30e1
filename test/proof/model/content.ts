import { constantFrom, oneof, record } from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { z } from 'zod'

/** The parts of a configuration. Each has a file of its own; `x` is one that the schema does not know. */
export type Part = 'a' | 'b' | 'c' | 'x'

/** What a file says: a number, a document without values, or half a document. */
export type Said = number | 'empty' | 'torn'

/** The files of a source, by part. */
export type Files = Readonly<Partial<Record<Part, Said>>>

/** What a source holds. `gone`: it can't be read. */
export type Held = Files | 'gone'

/** What is served: each part of it has a default of 0. */
export interface Value {
  readonly a: { readonly n: number }
  readonly b: { readonly n: number }
  readonly c: { readonly n: number }
}

/** The schema rejects it. */
export const INVALID = 13
/** The guard takes it back. */
const BAD = 7

const part = z
  .object({
    n: z
      .number()
      .refine((n) => n !== INVALID, 'is 13')
      .default(0),
  })
  .prefault({})

export const schema = z.object({ a: part, b: part, c: part })

export function isBad({ a, b }: Value): boolean {
  return a.n === BAD || b.n === BAD
}

/** The files as their texts. */
export function textsOf(files: Files): Record<string, string> {
  const textOf = (name: string, said: Said): string => {
    if (said === 'torn') return '{"torn":'
    return JSON.stringify(said === 'empty' ? {} : { [name]: { n: said } })
  }
  return Object.fromEntries(Object.entries(files).map(([name, said]) => [`${name}.json`, textOf(name, said)]))
}

const said: Arbitrary<Said | undefined> = oneof(
  { weight: 6, arbitrary: constantFrom<Said[]>(1, 2, 3) },
  { weight: 3, arbitrary: constantFrom(undefined) },
  { weight: 1, arbitrary: constantFrom(BAD) },
  { weight: 2, arbitrary: constantFrom<Said[]>(INVALID, 'empty', 'torn') },
)

/** What a source may hold. Most of it is valid, so that much is served. */
export const held: Arbitrary<Held> = oneof(
  { weight: 9, arbitrary: record({ a: said, b: said, c: said }).map(defined) },
  { weight: 1, arbitrary: record({ a: said, x: constantFrom(1) }).map(defined) },
  { weight: 1, arbitrary: constantFrom<Held[]>('gone', {}) },
)

function defined(files: Partial<Record<Part, Said | undefined>>): Files {
  return Object.fromEntries(Object.entries(files).filter(([, said]) => said !== undefined)) as Files
}
