import { boolean, nested, positiveMilliseconds, readOptions, requiredFunction } from '@hot-config/core/internal'
import type { TableOf } from '@hot-config/core/internal'

import type { Guarantee, SourceCapabilities } from './source-contract/guarantee.js'
import { reading } from './source-contract/reading.js'
import { Subject } from './source-contract/subject.js'
import type { SourceFixture } from './source-contract/subject.js'
import { watching } from './source-contract/watching.js'

export interface SourceContractOptions {
  /** `describe` of the test runner: vitest, jest, `node:test` or a similar one. */
  readonly describe: (name: string, body: () => void) => unknown
  /** `it` of the test runner. */
  readonly it: (name: string, body: () => Promise<void>) => unknown
  /** Creates a source that has something to read. Called for every test. */
  readonly factory: () => SourceFixture | Promise<SourceFixture>
  /** Set a capability to `false` when the source does not have it. Default: all are `true`. */
  readonly capabilities?: { readonly [K in keyof SourceCapabilities]?: boolean | undefined } | undefined
  /**
   * The longest wait for a condition, in milliseconds. No test waits longer than necessary. Keep it below the time
   * limit of the test runner, so that a failure names the condition. Default 4,000.
   */
  readonly withinMs?: number | undefined
}

const CAPABILITIES: TableOf<SourceCapabilities> = {
  changes: boolean(true),
  vanishes: boolean(true),
  revisions: boolean(true),
  aborts: boolean(true),
  watches: boolean(true),
  notifies: boolean(true),
  rechecks: boolean(true),
}

const OPTIONS = {
  describe: requiredFunction<SourceContractOptions['describe']>(),
  it: requiredFunction<SourceContractOptions['it']>(),
  factory: requiredFunction<SourceContractOptions['factory']>(),
  capabilities: nested(CAPABILITIES, {}),
  withinMs: positiveMilliseconds(4_000),
} satisfies TableOf<SourceContractOptions>

/**
 * Declares the tests that every `Source` must pass, for authors of sources. Each test has the name of the guarantee
 * that it proves. It works with any test runner, and fails with the errors of `node:assert`.
 *
 * @example
 * sourceContract({ describe, it, factory: () => ({ source: mySource() }), capabilities: { changes: false } })
 *
 * @throws {OptionError} for unknown or invalid options
 */
export function sourceContract(options: SourceContractOptions): void {
  const { describe, it, factory, capabilities: can, withinMs } = readOptions(options, OPTIONS)
  const applies = ({ needs = [], lacks = [] }: Guarantee): boolean =>
    needs.every((capability) => can[capability]) && !lacks.some((capability) => can[capability])
  const declare = ({ name, prove }: Guarantee): void => {
    it(name, async () => {
      const subject = new Subject(await factory(), withinMs)
      try {
        await prove(subject)
      } finally {
        await subject.dispose()
      }
    })
  }
  describe('a source, when read', () => {
    reading.filter(applies).forEach(declare)
  })
  describe('a source, when watched', () => {
    watching.filter(applies).forEach(declare)
  })
}
