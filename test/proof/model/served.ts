import type { Files, Held, Value } from './content.ts'
import type { Layer } from './layers.ts'

export type Code = 'SOURCE' | 'SYNTAX' | 'EMPTIED' | 'SCHEMA' | 'VETO' | 'RESOURCE' | 'TAKEN_BACK'

/** What serves, or may serve. */
export interface Served {
  readonly layers: readonly Layer[]
  readonly value: Value
  /** Whether a change waits for a restart. */
  readonly isHeld: boolean
  /** The content of the canary in it. */
  readonly canary?: Files | undefined
  /** The layers that were served last without a canary. */
  readonly stable?: readonly Layer[] | undefined
  readonly isStored?: boolean
}

export interface Canary {
  readonly held: Held
  readonly share: '0%' | '100%' | 'odd'
}

/** What was read of a source. */
export interface Read {
  readonly source: string
  readonly held: Held
}

/** Why something can't be served, and the sources that are to blame. */
export class Reason {
  readonly code: Code
  readonly blamed: readonly string[]

  constructor(code: Code, blamed: readonly string[] = []) {
    this.code = code
    this.blamed = blamed
  }
}

export function stableOf(served: Served | undefined): readonly Layer[] | undefined {
  return served?.canary ? served.stable : served?.layers
}

export function isReadable({ held }: Read): boolean {
  return held !== 'gone'
}

export function isTorn(held: Held): boolean {
  return Object.values(held).includes('torn')
}

export function hasFiles(held: Held | undefined): boolean {
  return held !== undefined && Object.keys(held).length > 0
}

export function layerOf({ source, held }: Read): Layer {
  return { source, files: held as Files }
}
