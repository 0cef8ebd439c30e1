import { describe } from 'vitest'

import { startFakeApiServer } from '../support/fake-api-server.ts'
import { events } from './events.ts'

describe('on a fake API server', () => {
  events(startFakeApiServer)
})
