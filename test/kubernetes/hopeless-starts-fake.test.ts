import { describe } from 'vitest'

import { startFakeApiServer } from '../support/fake-api-server.ts'
import { hopelessStarts } from './hopeless-starts.ts'

describe('on a fake API server', () => {
  hopelessStarts(startFakeApiServer)
})
