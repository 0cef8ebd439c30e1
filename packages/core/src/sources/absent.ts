import type { Reading } from './source.js'

/** The reading of an optional source that does not exist. */
export const ABSENT: Reading & { readonly stamp: string } = {
  revision: 'none',
  stamp: 'none',
  entries: [],
  mayBeEmpty: true,
}
