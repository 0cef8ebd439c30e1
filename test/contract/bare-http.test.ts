import { adapterContract } from './adapter-contract.ts'
import { bareHttpHarness } from './bare-http-harness.ts'

adapterContract(bareHttpHarness)
