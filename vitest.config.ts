import { defineConfig } from 'vitest/config'

// tests run against the sources, by the condition that the packages export them under
const conditions = ['hot-config-source', 'node', 'import', 'module', 'default']

export default defineConfig({
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    coverage: { include: ['packages/*/src/**'], reporter: ['text-summary'] },
  },
})
