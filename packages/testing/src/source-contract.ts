import { boolean, nested, positiveMilliseconds, readOptions, requiredFunction } from '@hot-config/core/internal'
import type { TableOf } from '@hot-config/core/internal'

import type { Guarantee, SourceCapabilities } from './source-contract/guarantee.js'
import { reading } from './source-contract/reading.js'
import { Subject } from './source-contract/subject.js'
import type { SourceFixture } from './source-contract/subject.js'
import { watching } from './source-contract/watching.js'

export interface SourceContractOptions {
  /** The test runner's: vitest's, jest's, `node:test`'s or any like them. */
  readonly describe: (name: string, body: () => void) => unknown
  /** The test runner's. */
  readonly it: (name: string, body: () => Promise<void>) => unknown
  /** Makes a source that has something to read. Called for every test. */
  readonly factory: () => SourceFixture | Promise<SourceFixture>
  /** What the source can't do. Default: everything is `true`. */
  readonly capabilities?: { readonly [K in keyof SourceCapabilities]?: boolean | undefined } | undefined
  /**
   * How long, in milliseconds, anything may take to happen; what happens at once is never waited for. Keep it below the
   * runner's own limit, so that a failure says what was waited for. Default 4,000.
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
 * Declares the tests that every `Source` passes, each named for the guarantee it proves. For authors of sources; works
 * with any test runner, and fails with the errors of `node:assert`.
 *
 * @example
 * sourceContract({ describe, it, factory: () => ({ source: mySource() }), capabilities: { changes: false } })
 *
 * @throws {OptionError} for options that make no sense
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
