import { describe } from 'vitest'

import { startFakeApiServer } from '../support/fake-api-server.ts'
import { serverChanges } from './changes.ts'
import { connectionFaults } from './faults.ts'
import { proves } from '../requirements.ts'

proves('api-recovers')

describe('on a fake API server', () => {
  // each in a scope of its own, for its hooks
  describe('connections', () => {
    connectionFaults(startFakeApiServer)
  })
  describe('changes', () => {
    serverChanges(startFakeApiServer)
  })
})
