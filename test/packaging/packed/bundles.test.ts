import { afterAll, beforeAll, describe, expect, it } from 'vitest'

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

const webpack = (name: string) => `
  const { webpack } = require('webpack')
  const output = { path: __dirname + '/webpack-${name}', filename: '[name].cjs' }
  webpack({ mode: 'production', target: 'node', entry: './app.${name}', output }, (error, stats) => {
    if (!error && stats.hasErrors()) error = new Error(stats.toString())
    if (error) throw error
  })
`

describe('a bundle says why a schema rejects a value, and parses heavy files in a worker', () => {
  let project: Project

  beforeAll(async () => {
    project = await Project.create({
      '@vercel/ncc': '^0.45.0',
      esbuild: '^0.28.0',
      rolldown: '^1.2.0',
      webpack: '^5.112.0',
    })
    await project.write({
      'app.mjs': ESM,
      'app.cjs': CJS,
      'webpack-mjs.cjs': webpack('mjs'),
      'webpack-cjs.cjs': webpack('cjs'),
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

  const esbuild = ['esbuild/bin/esbuild', '--bundle', '--platform=node', '--log-level=warning']
  const ncc = ['@vercel/ncc/dist/ncc/cli.js', 'build', '--quiet']

  it.each([
    {
      bundler: 'esbuild to ES modules',
      args: [...esbuild, 'app=app.mjs', WORKER, '--format=esm', '--out-extension:.js=.mjs', '--outdir=esbuild'],
      runs: 'esbuild/app.mjs',
      worker: true,
    },
    {
      bundler: 'esbuild to CommonJS',
      args: [...esbuild, 'app=app.cjs', WORKER, '--format=cjs', '--outdir=esbuild-cjs'],
      runs: 'esbuild-cjs/app.js',
      worker: true,
    },
    {
      bundler: 'esbuild to one file',
      args: [...esbuild, 'app.mjs', '--format=cjs', '--outfile=one/app.js'],
      runs: 'one/app.js',
      worker: false,
    },
    {
      bundler: 'rolldown',
      args: ['rolldown/bin/cli.mjs', '-c', 'rolldown.config.mjs'],
      runs: 'rolldown/app.js',
      worker: true,
    },
    { bundler: 'webpack', args: ['../webpack-mjs.cjs'], runs: 'webpack-mjs/main.cjs', worker: true },
    { bundler: 'webpack of CommonJS', args: ['../webpack-cjs.cjs'], runs: 'webpack-cjs/main.cjs', worker: true },
    { bundler: 'ncc', args: [...ncc, 'app.cjs', '-o', 'ncc'], runs: 'ncc/index.js', worker: true },
  ])('$bundler', { timeout: 60_000 }, async ({ args: [bin = '', ...args], runs, worker }) => {
    await project.bin(bin, ...args)
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
