import { adapterContract } from '@hot-config/testing'
import { describe, it } from 'vitest'

import { WITHIN_MS } from '../support/eventually.ts'
import { startHono } from './hono-harness.ts'

describe('an adapter: Hono', () => {
  adapterContract({ describe, it, start: startHono, withinMs: WITHIN_MS })
})
