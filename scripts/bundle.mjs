// Makes the JavaScript of those packages that have many modules: one file for what is always needed, and one for each part
// that is loaded on first use. Node takes time and memory for every module that it loads, more than for what is in them.
// Their types come from the compiler, which leaves the JavaScript to this.
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
    // everything that is installed with it, or is Node's
    external: /^[^./]/,
    platform: 'node',
    resolve: { extensionAlias: { '.js': ['.ts'] } },
    tsconfig: join('packages', name, 'tsconfig.json'),
    transform: { target: 'es2023' },
    output: {
      dir: dist,
      // flat, so that the thread's file stays beside whatever file starts it
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
      sourcemap: true,
      // they are in the package
      sourcemapExcludeSources: true,
    },
    logLevel: 'warn',
  })
}
