import { describe } from 'vitest'

import { hasApiServer, startRealApiServer } from '../support/real-api-server.ts'
import { events } from './events.ts'

describe.runIf(hasApiServer)('on a real API server', () => {
  events(startRealApiServer)
})
