import { describe } from 'vitest'

import { startFakeApiServer } from '../support/fake-api-server.ts'
import { turns } from './turns.ts'

describe('on a fake API server', () => {
  turns(startFakeApiServer)
})
