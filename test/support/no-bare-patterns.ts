import { expect } from 'vitest'

// `toMatchObject` takes a regular expression as an object without properties, which every text matches. A test that has
// one in place of `expect.stringMatching()` could not fail.
expect.addEqualityTesters([
  (actual: unknown, expected: unknown) =>
    expected instanceof RegExp && !(actual instanceof RegExp) ? false : undefined,
])
