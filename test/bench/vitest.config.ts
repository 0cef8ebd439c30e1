import { fileURLToPath } from 'node:url'

import { defineConfig } from 'vitest/config'

// measures what users install: the built packages
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('.', import.meta.url)),
    include: ['*.bench.ts'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
})
