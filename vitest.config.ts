import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

import { configDefaults, defineConfig } from 'vitest/config'
import { BaseSequencer } from 'vitest/node'
import type { TestSpecification } from 'vitest/node'

// tests run against the sources, by the condition that the packages export them under
const conditions = ['hot-config-source', 'node']
/** Resolves NestJS to the packages that one folder installed, of which the sources and the tests must share one copy. */
function nestOf(folder: string): { find: RegExp; replacement: string }[] {
  const modules = fileURLToPath(new URL(`${folder}/node_modules`, import.meta.url))
  return [{ find: /^(@nestjs\/.+|nestjs-zod)$/, replacement: `${modules}/$1` }]
}

const waits = ({ moduleId }: TestSpecification): number => Number(moduleId.endsWith('/proof/api-faults.test.ts'))

/** Starts first what mostly waits. By size, which is the default, a small file would wait alone in the end. */
class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => waits(b) - waits(a))
  }
}

const PACKED = 'test/packaging/packed/*.test.ts'
const common = {
  testTimeout: 20_000,
  hookTimeout: 60_000,
  setupFiles: fileURLToPath(new URL('test/support/no-bare-patterns.ts', import.meta.url)),
}

export default defineConfig({
  test: {
    // most tests wait more than they compute, so every core has a worker
    maxWorkers: availableParallelism(),
    sequence: { sequencer: WaitingFirst },
    coverage: { include: ['packages/*/src/**'], reporter: ['text-summary'] },
    projects: [
      {
        resolve: { alias: nestOf('test') },
        ssr: { resolve: { conditions } },
        test: { name: 'all', include: ['test/**/*.test.ts'], exclude: [...configDefaults.exclude, PACKED], ...common },
      },
      {
        // the packages as users install them
        test: { name: 'packed', include: [PACKED], globalSetup: 'test/packaging/packed/pack.ts', ...common },
      },
      {
        // the tests on NestJS once more, with the other version that is supported
        resolve: { alias: nestOf('test/nest11') },
        ssr: { resolve: { conditions } },
        test: { name: 'nest 11', include: ['test/nestjs/**/*.test.ts', 'test/contract/nest*.test.ts'], ...common },
      },
    ],
  },
})
