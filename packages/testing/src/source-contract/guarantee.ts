import type { Subject } from './subject.js'

/** What a source can do. Each one that is not set to `false` is put to the proof. */
export interface SourceCapabilities {
  /** What it holds can change while the process runs. */
  readonly changes: boolean
  /** What is behind it can go away and come back. */
  readonly vanishes: boolean
  /** The revision stays while the content does, and is another when the content is. */
  readonly revisions: boolean
  /** `read()` rejects when its signal is aborted. */
  readonly aborts: boolean
  /** It has `watch()`. */
  readonly watches: boolean
  /** Its watch calls `changed` at once, without waiting for a recheck. */
  readonly notifies: boolean
  /** Its watch looks every `recheckMs`, and calls `changed` when what it sees is not `lastStamp()`. */
  readonly rechecks: boolean
}

/** One sentence of the contract. */
export interface Guarantee {
  /** Says what a source does, in the third person. */
  readonly name: string
  /** Given only by sources with all of these. */
  readonly needs?: readonly (keyof SourceCapabilities)[]
  /** Given only by sources with none of these. */
  readonly lacks?: readonly (keyof SourceCapabilities)[]
  /** @throws when the source does not keep it */
  readonly prove: (subject: Subject) => Promise<void>
}
