import { describe } from 'vitest'

import { appContract } from './app-contract.ts'
import { guardContract } from './guard-contract.ts'
import type { AdapterHarness } from './harness.ts'
import { healthContract } from './health-contract.ts'
import { healthPageContract } from './health-page-contract.ts'
import { requestContract } from './request-contract.ts'

/** What every adapter guarantees, whatever the framework. */
export function adapterContract(harness: AdapterHarness): void {
  describe(`an adapter: ${harness.name}`, () => {
    requestContract(harness)
    healthContract(harness)
    appContract(harness)
    healthPageContract(harness)
    guardContract(harness)
  })
}
