import type { ManifestProblem } from '../manifests/objects.js'

/** A ConfigMap or Secret, as it is mounted. */
interface MountedObject {
  /** Such as `ConfigMap shop-config`. */
  readonly label: string
  readonly keys: readonly { readonly key: string; readonly bytes: Uint8Array }[]
  /** Whether it does not exist. The mount is optional then. */
  readonly isMissing: boolean
}

export interface MountProblem extends Omit<ManifestProblem, 'file'> {
  readonly file?: string
}

/** The object to mount, or why it can't be. */
export type Content = { readonly object: MountedObject } | { readonly problems: readonly MountProblem[] }

/** Where the content of a mount comes from. */
export interface Origin extends AsyncDisposable {
  /** @throws {UsageError} when there is no object */
  read(): Promise<Content>
  /** Calls a function after each change since the reading, one call after another. */
  follow(next: (content: Content) => Promise<void>): void
}

/** Where content comes from that is read once. */
export type ReadOnce = Pick<Origin, 'read'>
