import { FastifyAdapter } from '@nestjs/platform-fastify'

import { adapterContract } from './adapter-contract.ts'
import { nestHarness } from './nest-harness.ts'

adapterContract(nestHarness('platform-fastify', () => new FastifyAdapter()))
