import { describe } from 'vitest'

import { startFakeApiServer } from '../support/fake-api-server.ts'
import { faults } from './faults.ts'

describe('on a fake API server', () => {
  faults(startFakeApiServer)
})
