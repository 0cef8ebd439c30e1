export { ask } from '../../packages/testing/src/adapter-contract/http.ts'
export type { Answer } from '../../packages/testing/src/adapter-contract/http.ts'
