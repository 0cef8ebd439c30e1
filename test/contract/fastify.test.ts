import { adapterContract } from './adapter-contract.ts'
import { fastifyHarness } from './fastify-harness.ts'

adapterContract(fastifyHarness)
