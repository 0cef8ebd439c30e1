import { describe } from 'vitest'

import { startFakeApiServer } from '../support/fake-api-server.ts'
import { closing } from './closing.ts'

describe('on a fake API server', () => {
  closing(startFakeApiServer)
})
