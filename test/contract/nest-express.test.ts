import { ExpressAdapter } from '@nestjs/platform-express'

import { adapterContract } from './adapter-contract.ts'
import { nestHarness } from './nest-harness.ts'

adapterContract(nestHarness('platform-express', () => new ExpressAdapter()))
