import { isDeepStrictEqual } from 'node:util'

import { INVALID } from './content.ts'
import type { Files, Part, Said, Value } from './content.ts'

/** What one source gives to what is served. */
export interface Layer {
  readonly source: string
  readonly files: Files
  /** The parts that a canary gives. */
  readonly ofCanary?: Files
}

const VALUES = ['a', 'b', 'c'] as const satisfies Part[]

export const isSame: (a: unknown, b: unknown) => boolean = isDeepStrictEqual

function isNumber(said: Said | undefined): said is number {
  return typeof said === 'number'
}

/** Whether it holds no value. */
export function isEmpty(files: Files): boolean {
  return !Object.values(files).some(isNumber)
}

/** The layers that give a part, the one that counts first. */
export function giversOf(layers: readonly Layer[], part: Part): Layer[] {
  return layers.filter(({ files }) => isNumber(files[part])).toReversed()
}

/** The merged numbers: later layers override earlier ones. */
export function treeOf(layers: readonly Layer[]): Files {
  return Object.assign({}, ...layers.map(({ files }) => numbersOf(files))) as Files
}

/** What the schema makes of them. */
export function valueOf({ a = 0, b = 0, c = 0 }: Files): Value {
  return { a: { n: a as number }, b: { n: b as number }, c: { n: c as number } }
}

/** The parts that the schema rejects, and one that it does not know. */
export function invalidParts(tree: Files, rejectsUnknown: boolean): Part[] {
  const invalid = VALUES.filter((part) => tree[part] === INVALID)
  return rejectsUnknown && tree.x !== undefined ? [...invalid, 'x'] : invalid
}

/** Whether a source, or a file of it, has lost all its values since `served`. */
export function isEmptied(files: Files, served: Files): boolean {
  if (isEmpty(served)) return false
  return (
    isEmpty(files) || Object.entries(files).some(([part, said]) => said === 'empty' && isNumber(served[part as Part]))
  )
}

function numbersOf(files: Files): Files {
  return Object.fromEntries(Object.entries(files).filter(([, said]) => isNumber(said))) as Files
}
