import { describe } from 'vitest'

import { hasApiServer, startRealApiServer } from '../support/real-api-server.ts'
import { serverChanges } from './changes.ts'
import { connectionFaults } from './faults.ts'
import { hopelessStarts } from './hopeless-starts.ts'
import { proves } from '../requirements.ts'

proves('api-recovers')

describe.runIf(hasApiServer)('on a real API server', () => {
  // each in a scope of its own, for its hooks
  describe('connections', () => {
    connectionFaults(startRealApiServer)
  })
  describe('changes', () => {
    serverChanges(startRealApiServer)
  })
  describe('starts', () => {
    hopelessStarts(startRealApiServer)
  })
})
