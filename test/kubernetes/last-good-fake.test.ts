import { describe } from 'vitest'

import { startFakeApiServer } from '../support/fake-api-server.ts'
import { lastGood } from './last-good.ts'

describe('on a fake API server', () => {
  lastGood(startFakeApiServer)
})
