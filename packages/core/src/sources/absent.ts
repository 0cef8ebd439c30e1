import type { Reading } from './source.js'

/** What is read of a source that need not be there and is not. */
export const ABSENT: Reading & { readonly stamp: string } = {
  revision: 'none',
  stamp: 'none',
  entries: [],
  mayBeEmpty: true,
}
