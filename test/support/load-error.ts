import { ConfigError } from '@hot-config/core'
import { expect } from 'vitest'

/** The error that a first load fails with. */
export async function loadError(loading: Promise<unknown>): Promise<ConfigError> {
  const error: unknown = await loading.then(
    () => expect.fail('the first load succeeded'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(ConfigError)
  return error as ConfigError
}
