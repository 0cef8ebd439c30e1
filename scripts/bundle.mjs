// Bundles each package twice, as ES modules into `dist` and as CommonJS into `dist/cjs`: one file for the code that is
// always needed, and one for each part that is loaded on first use. Node needs time and memory for every module that it
// loads, more than for the code in it. The compiler produces only the types.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { rolldown } from 'rolldown'

const PACKAGES = {
  core: [
    'index.ts',
    'internal.ts',
    'reports/opentelemetry.ts',
    'reports/prometheus.ts',
    'formats/worker/parser-worker.ts',
  ],
  testing: ['index.ts'],
  fastify: ['index.ts'],
  express: ['index.ts'],
  nestjs: ['index.ts', 'terminus.ts'],
  kubernetes: ['index.ts'],
  openfeature: ['index.ts'],
}

/** A program, which nothing imports: it needs neither CommonJS nor types. */
const PROGRAMS = { cli: ['bin.ts', 'schemas/schema-process.ts'] }

/**
 * Dependencies that may be missing are imported inside `try`. In CommonJS, bundlers accept that one is missing only if
 * `require` is called there itself, not in a function that is.
 */
const REQUIRE_AT_ONCE = {
  name: 'require-at-once',
  renderChunk: (code) =>
    code.replace(/Promise\.resolve\(\)\.then\(\(\) => ([^()]*\(require\("[^."][^"]*"\), 1\))\)/g, '$1'),
}

for (const [name, entries] of Object.entries({ ...PACKAGES, ...PROGRAMS })) {
  const folder = join('packages', name)
  const [src, dist] = [join(folder, 'src'), join(folder, 'dist')]
  const cjs = join(dist, 'cjs')
  rmSync(cjs, { recursive: true, force: true })
  for (const file of readdirSync(dist, { recursive: true })) if (/\.(js|map)$/.test(file)) rmSync(join(dist, file))
  const output = {
    // flat, so that the worker's file is beside every file that may start it
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    exports: 'named',
    // editors show those of the types
    comments: { jsdoc: false },
  }
  const bundle = await rolldown({
    input: entries.map((entry) => join(src, entry)),
    // Dependencies and Node's own modules, but not the helpers of the compiler, which come with it. A program has the few
    // functions of core that it uses, because loading all of core takes longer than most commands.
    external:
      name in PROGRAMS ? /^(?!@oxc-project\/|@hot-config\/core\/internal$)[^./\0]/ : /^(?!@oxc-project\/)[^./\0]/,
    platform: 'node',
    resolve: { extensionAlias: { '.js': ['.ts'] }, conditionNames: ['hot-config-source', 'import'] },
    treeshake: { moduleSideEffects: [{ test: /packages.core.src/, sideEffects: !(name in PROGRAMS) }] },
    tsconfig: join(folder, 'tsconfig.json'),
    transform: { target: 'es2023' },
    logLevel: 'warn',
  })
  await bundle.write({ ...output, dir: dist, format: 'esm' })
  if (name in PROGRAMS) {
    await bundle.close()
    continue
  }
  // Jest runs CommonJS where `import()` fails
  await bundle.write({ ...output, dir: cjs, format: 'cjs', dynamicImportInCjs: false, plugins: [REQUIRE_AT_ONCE] })
  await bundle.close()
  writeTypes(dist, cjs, entries)
  writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n')
}

/** Copies the types that can be reached. What they are types of, TypeScript decides by the package.json above them. */
function writeTypes(dist, cjs, entries) {
  const files = new Set(entries.map((entry) => entry.replace(/\.ts$/, '.d.ts')))
  for (const file of files) {
    const types = readFileSync(join(dist, file), 'utf8')
    for (const [, path] of types.matchAll(/(?:from |import\()['"](\.[^'"]*)\.js['"]/g)) {
      files.add(`${join(dirname(file), path)}.d.ts`)
    }
    mkdirSync(dirname(join(cjs, file)), { recursive: true })
    writeFileSync(join(cjs, file), types)
  }
}
