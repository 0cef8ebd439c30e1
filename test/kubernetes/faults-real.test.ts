import { describe } from 'vitest'

import { hasApiServer, startRealApiServer } from '../support/real-api-server.ts'
import { faults } from './faults.ts'

describe.runIf(hasApiServer)('on a real API server', () => {
  faults(startRealApiServer)
})
