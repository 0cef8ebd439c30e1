import { boolean, nested, positiveMilliseconds, readOptions, requiredFunction } from '@hot-config/core/internal'
import type { TableOf } from '@hot-config/core/internal'

import type {
  AdapterCapabilities,
  AdapterGuarantee,
  AppUnderTest,
  RunningApp,
} from './adapter-contract/app-under-test.js'
import { health } from './adapter-contract/health.js'
import { healthPage } from './adapter-contract/health-page.js'
import { lifecycle } from './adapter-contract/lifecycle.js'
import { requestContext } from './adapter-contract/request-context.js'
import { requests } from './adapter-contract/requests.js'
import { StartedApps } from './adapter-contract/subject.js'

export interface AdapterContractOptions {
  /** The test runner's: vitest's, jest's, `node:test`'s or any like them. */
  readonly describe: (name: string, body: () => void) => unknown
  /** The test runner's. */
  readonly it: (name: string, body: () => Promise<void>) => unknown
  /**
   * Starts an app with the adapter on a free port of 127.0.0.1, and resolves when it serves. `GET /` and `POST /` (with a
   * body of JSON) answer with what `handler` returns, as JSON. Rejects with what the adapter fails the start with.
   */
  readonly start: (app: AppUnderTest) => Promise<RunningApp>
  /** What the adapter can't do. Default: everything is `true`. */
  readonly capabilities?: { readonly [K in keyof AdapterCapabilities]?: boolean | undefined } | undefined
  /**
   * How long, in milliseconds, anything may take to happen. Keep it below the runner's own limit, so that a failure says
   * what was waited for. Default 4,000.
   */
  readonly withinMs?: number | undefined
}

const CAPABILITIES: TableOf<AdapterCapabilities> = {
  requestContext: boolean(true),
  health: boolean(true),
  page: boolean(true),
}

const OPTIONS = {
  describe: requiredFunction<AdapterContractOptions['describe']>(),
  it: requiredFunction<AdapterContractOptions['it']>(),
  start: requiredFunction<AdapterContractOptions['start']>(),
  capabilities: nested(CAPABILITIES, {}),
  withinMs: positiveMilliseconds(4_000),
} satisfies TableOf<AdapterContractOptions>

/**
 * Declares the tests that every adapter passes, over real HTTP, each named for the guarantee that it proves. For authors of
 * adapters. Works with any test runner, and fails with the errors of `node:assert`.
 *
 * @throws {OptionError} for unknown or invalid options
 */
export function adapterContract(options: AdapterContractOptions): void {
  const { describe, it, start, capabilities: can, withinMs } = readOptions(options, OPTIONS)
  const declare = ({ name, prove }: AdapterGuarantee): void => {
    it(name, async () => {
      const subject = new StartedApps(start, withinMs)
      try {
        await prove(subject)
      } finally {
        await subject.dispose()
      }
    })
  }
  const groups = {
    requests,
    'the request context': requestContext,
    'the health report': health,
    'the health page': healthPage,
  }
  for (const [name, guarantees] of Object.entries({ ...groups, 'an app': lifecycle })) {
    const applying = guarantees.filter(({ needs = [] }) => needs.every((capability) => can[capability]))
    // runners fail for a group without tests
    if (applying.length > 0) describe(name, () => applying.forEach(declare))
  }
}
