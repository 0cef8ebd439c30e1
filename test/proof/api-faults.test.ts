import { describe } from 'vitest'

import { startFakeApiServer } from '../support/fake-api-server.ts'
import { hasApiServer, startRealApiServer } from '../support/real-api-server.ts'
import { searchFaults } from './api/search-faults.ts'
import { proof } from './proof.ts'

describe('sources of the API behind faults in random order', () => {
  proof(
    'keep the last good and find the newest, on a fake API server',
    { proves: ['api-recovers', 'no-silence', 'nothing-leaks'], unit: 'faults', small: 8, large: 1_000 },
    (search) => searchFaults(startFakeApiServer, search),
  )

  proof(
    'keep the last good and find the newest, on a real API server',
    {
      proves: ['api-recovers', 'no-silence', 'nothing-leaks'],
      unit: 'faults',
      small: 5,
      large: 400,
      isSkipped: !hasApiServer,
    },
    (search) => searchFaults(startRealApiServer, search),
  )
})
