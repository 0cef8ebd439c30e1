import { describe } from 'vitest'

import { hasApiServer, startRealApiServer } from '../support/real-api-server.ts'
import { starting } from './starting.ts'

describe.runIf(hasApiServer)('on a real API server', () => {
  starting(startRealApiServer)
})
