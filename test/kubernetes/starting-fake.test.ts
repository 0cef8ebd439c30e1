import { describe } from 'vitest'

import { startFakeApiServer } from '../support/fake-api-server.ts'
import { reading } from './reading.ts'
import { starting } from './starting.ts'

describe('on a fake API server', () => {
  // each in a scope of its own, for its hooks
  describe('reading', () => {
    reading(startFakeApiServer)
  })
  describe('starting', () => {
    starting(startFakeApiServer)
  })
})
