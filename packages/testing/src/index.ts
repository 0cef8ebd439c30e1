export { createConfigMapVolume } from './config-map-volume.js'
export type { ConfigMapVolume } from './config-map-volume.js'
export { createTestConfig } from './test-config.js'
export type { Problem, SchemaTestConfig, TestConfig } from './test-config.js'
export type { Overrides } from './overrides.js'
export { sourceContract } from './source-contract.js'
export type { SourceContractOptions } from './source-contract.js'
export type { SourceCapabilities } from './source-contract/guarantee.js'
export type { SourceFixture } from './source-contract/subject.js'
export { adapterContract } from './adapter-contract.js'
export type { AdapterContractOptions } from './adapter-contract.js'
export type {
  AdapterCapabilities,
  AppUnderTest,
  ContractConfig,
  RequestUnderTest,
  RunningApp,
} from './adapter-contract/app-under-test.js'
