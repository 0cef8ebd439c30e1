import { adapterContract as publicContract } from '@hot-config/testing'
import { describe, it } from 'vitest'

import { WITHIN_MS } from '../support/eventually.ts'
import { appContract } from './app-contract.ts'
import { guardContract } from './guard-contract.ts'
import type { AdapterHarness } from './harness.ts'
import { healthContract } from './health-contract.ts'
import { healthPageContract } from './health-page-contract.ts'
import { requestContract } from './request-contract.ts'

/** What every adapter guarantees, whatever the framework: what authors of adapters test, and what our own do besides. */
export function adapterContract(harness: AdapterHarness): void {
  describe(`an adapter: ${harness.name}`, () => {
    publicContract({ describe, it, start: (app) => harness.start(app), withinMs: WITHIN_MS })
    requestContract(harness)
    healthContract(harness)
    appContract(harness)
    healthPageContract(harness)
    guardContract(harness)
  })
}
