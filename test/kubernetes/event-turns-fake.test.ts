import { describe } from 'vitest'

import { startFakeApiServer } from '../support/fake-api-server.ts'
import { eventTurns } from './event-turns.ts'

describe('on a fake API server', () => {
  eventTurns(startFakeApiServer)
})
