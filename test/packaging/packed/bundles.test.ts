import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { blocksOf } from '../../support/snippets.ts'
import { INSTALL_MS, Project } from './project.ts'

/** Says why a schema rejects values and where they are, reads heavy YAML, and says how many workers answered. */
const program = (imports: string) => `
${imports}

async function main() {
  const files = { 'a.json': '{\\n"port": "x"}', 'a.yaml': 'yaml:\\n  port: x', 'a.toml': '[toml]\\nport = "x"' }
  const entriesOf = (texts) => Object.entries(texts).map(([key, text]) => ({ key, bytes: Buffer.from(text) }))
  const sourceOf = (texts) => ({ name: 'given', read: async () => ({ revision: '1', entries: entriesOf(texts) }) })
  const paths = [['port'], ['yaml', 'port'], ['toml', 'port']]
  const validate = () => ({ issues: paths.map((path) => ({ path, message: 'expected a number' })) })
  const schema = { '~standard': { version: 1, vendor: 'test', validate } }
  const failed = await createHotConfig({ sources: sourceOf(files), schema, logger: false }).catch((error) => error)
  const problems = failed.issues.map(({ file, line, message }) => [file, line, message])

  let answers = 0
  process.on('worker', (worker) => worker.on('message', () => answers++))
  const line = (_, index) => 'key' + index + ': {name: ' + 'x'.repeat(60) + ', list: [1, true, null]}\\n'
  const heavy = Array.from({ length: 12000 }, line).join('')
  const config = await createHotConfig({ sources: sourceOf({ 'heavy.yaml': heavy }), logger: false })
  console.log(JSON.stringify({ problems, keys: Object.keys(config.current).length, worker: answers > 0 }))
  await config.close()
}
main()
`

const ESM = program("import { createHotConfig } from '@hot-config/core'")
const CJS = program("const { createHotConfig } = require('@hot-config/core')")
const WORKER = 'parser-worker=@hot-config/core/parser-worker'

/** The option for libraries in CommonJS that the page of bundlers shows. */
const [shown = ''] = blocksOf('docs/bundlers.md', 'sh').filter((code) => code.includes('--banner'))
const BANNER = `--banner:js=${/--banner:js="(.*)"/.exec(shown)?.[1] ?? ''}`

const webpack = (entry: string) => `
  const { webpack } = require('webpack')
  const output = { path: __dirname + '/webpack', filename: '[name].js' }
  webpack({ mode: 'development', target: 'node', entry: ${entry}, output }, (error, stats) => {
    if (!error && stats.hasErrors()) error = new Error(stats.toString())
    if (error) throw error
  })
`

describe('a bundle says why a schema rejects a value, and parses heavy files, in a worker if that is bundled too', () => {
  let project: Project

  beforeAll(async () => {
    project = await Project.create({
      '@vercel/ncc': '^0.45.0',
      esbuild: '^0.28.0',
      'prom-client': '^15.1.0',
      rolldown: '^1.2.0',
      webpack: '^5.112.0',
    })
    await project.write({
      'app.mjs': ESM,
      'app.cjs': CJS,
      'libraries.mjs': `import { register } from 'prom-client'\nregister.metrics()\n${ESM}`,
      'esbuild/package.json': JSON.stringify({ type: 'module' }),
      'rolldown/package.json': JSON.stringify({ type: 'module' }),
      'webpack-esm.cjs': webpack(`{ esm: './app.mjs' }`),
      'webpack-cjs.cjs': webpack(`{ cjs: './app.cjs', 'parser-worker': '@hot-config/core/parser-worker' }`),
      'rolldown.config.mjs': `
        export default {
          input: { app: 'app.mjs', 'parser-worker': '@hot-config/core/parser-worker' },
          platform: 'node',
          output: { dir: 'rolldown' },
        }
      `,
    })
  }, INSTALL_MS)

  afterAll(() => project[Symbol.asyncDispose]())

  const esbuild = ['esbuild', '--bundle', '--platform=node', '--log-level=error']

  it.each([
    {
      bundler: 'esbuild to ES modules',
      command: [...esbuild, 'app=app.mjs', WORKER, '--format=esm', '--outdir=esbuild'],
      runs: 'esbuild/app.js',
      worker: true,
    },
    {
      bundler: 'esbuild to ES modules, with a library in CommonJS',
      command: [...esbuild, 'libraries=libraries.mjs', WORKER, '--format=esm', '--outdir=esbuild', BANNER],
      runs: 'esbuild/libraries.js',
      worker: true,
    },
    {
      bundler: 'esbuild to CommonJS',
      command: [...esbuild, 'app=app.cjs', WORKER, '--format=cjs', '--outdir=esbuild-cjs'],
      runs: 'esbuild-cjs/app.js',
      worker: true,
    },
    {
      bundler: 'esbuild to one file',
      command: [...esbuild, 'app.mjs', '--format=cjs', '--outfile=one/app.js'],
      runs: 'one/app.js',
      worker: false,
    },
    { bundler: 'rolldown', command: ['rolldown', '-c', 'rolldown.config.mjs'], runs: 'rolldown/app.js', worker: true },
    {
      bundler: 'rolldown to one file',
      command: [
        'rolldown',
        'app.mjs',
        '--platform=node',
        '--format=cjs',
        '--no-code-splitting',
        '--file=one/rolled.cjs',
      ],
      runs: 'one/rolled.cjs',
      worker: false,
    },
    { bundler: 'webpack of ES modules', command: ['webpack-esm.cjs'], runs: 'webpack/esm.js', worker: false },
    { bundler: 'webpack of CommonJS', command: ['webpack-cjs.cjs'], runs: 'webpack/cjs.js', worker: true },
    {
      bundler: 'ncc',
      command: ['ncc', 'build', '--quiet', 'app.cjs', '-o', 'ncc'],
      runs: 'ncc/index.cjs',
      worker: false,
    },
  ])('$bundler', { timeout: 120_000 }, async ({ command: [name = '', ...args], runs, worker }) => {
    await (name.endsWith('.cjs') ? project.node(name, ...args) : project.bin(name, ...args))
    expect(JSON.parse(await project.node(runs))).toEqual({
      problems: [
        ['a.json', 2, 'expected a number'],
        ['a.yaml', 2, 'expected a number'],
        ['a.toml', 2, 'expected a number'],
      ],
      keys: 12_000,
      worker,
    })
  })
})
