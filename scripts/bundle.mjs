// Bundles the packages that have many modules: one file for the code that is always needed, and one for each part that
// is loaded on first use. Node needs time and memory for every module that it loads, more than for the code in it. The
// compiler produces only the types of these packages.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { build } from 'rolldown'

const PACKAGES = {
  core: [
    'index.ts',
    'internal.ts',
    'reports/opentelemetry.ts',
    'reports/prometheus.ts',
    'formats/worker/parser-worker.ts',
  ],
  kubernetes: ['index.ts'],
}

for (const [name, entries] of Object.entries(PACKAGES)) {
  const [src, dist] = [join('packages', name, 'src'), join('packages', name, 'dist')]
  for (const file of readdirSync(dist, { recursive: true })) if (/\.js(\.map)?$/.test(file)) rmSync(join(dist, file))
  await build({
    input: entries.map((entry) => join(src, entry)),
    // dependencies, and Node's own modules
    external: /^[^./]/,
    platform: 'node',
    resolve: { extensionAlias: { '.js': ['.ts'] } },
    tsconfig: join('packages', name, 'tsconfig.json'),
    transform: { target: 'es2023' },
    output: {
      dir: dist,
      // flat, so that the worker's file is beside every file that may start it
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
      sourcemap: true,
      // the package contains the sources
      sourcemapExcludeSources: true,
    },
    logLevel: 'warn',
  })
}
