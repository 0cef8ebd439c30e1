import { describe } from 'vitest'

import { startFakeApiServer } from '../support/fake-api-server.ts'
import { replacedWatches } from './replaced-watches.ts'

describe('on a fake API server', () => {
  replacedWatches(startFakeApiServer)
})
