import { describe } from 'vitest'

import { startFakeApiServer } from '../support/fake-api-server.ts'
import { starting } from './starting.ts'

describe('on a fake API server', () => {
  starting(startFakeApiServer)
})
