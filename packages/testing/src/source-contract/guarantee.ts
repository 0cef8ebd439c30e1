import type { Subject } from './subject.js'

/** The capabilities of a source. Each one is tested, unless it is set to `false`. */
export interface SourceCapabilities {
  /** The content can change while the process runs. */
  readonly changes: boolean
  /** The origin of the content, such as a file, can disappear and come back. */
  readonly vanishes: boolean
  /** The revision changes exactly when the content changes. */
  readonly revisions: boolean
  /** `read()` rejects when its signal is aborted. */
  readonly aborts: boolean
  /** It has `watch()`. */
  readonly watches: boolean
  /** Its watch calls `changed` at once, without waiting for a recheck. */
  readonly notifies: boolean
  /** Its watch checks every `recheckMs`, and calls `changed` when the current stamp is not `lastStamp()`. */
  readonly rechecks: boolean
}

/** One sentence of the contract. */
export interface Guarantee {
  /** What a source does, as a sentence in the third person without a subject. */
  readonly name: string
  /** The guarantee holds only for sources with all of these capabilities. */
  readonly needs?: readonly (keyof SourceCapabilities)[]
  /** The guarantee holds only for sources with none of these capabilities. */
  readonly lacks?: readonly (keyof SourceCapabilities)[]
  /** @throws when the source breaks the guarantee */
  readonly prove: (subject: Subject) => Promise<void>
}
