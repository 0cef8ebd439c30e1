import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { INSTALL_MS, Project } from './project.ts'

const EXPRESS_APP = `
import express from 'express'
import { ConfigError, defineSchema } from '@hot-config/core'
import { hotConfig } from '@hot-config/express'

const schema = defineSchema({ greeting: { format: String, default: 'hello' } })
declare module '@hot-config/core' {
  interface Register { config: { readonly greeting: string } }
}

const live = hotConfig({ schema, sources: process.argv[2]!, logger: false })
const app = express()
app.use(live)
app.get('/', (request, response) => { response.send(request.config.greeting.toUpperCase()) })

async function main(): Promise<void> {
  await live.ready()
  const server = app.listen(0, '127.0.0.1', async () => {
    const { port } = server.address() as import('node:net').AddressInfo
    const answer = await fetch('http://127.0.0.1:' + port)
    console.log(await answer.text())
    server.close(() => void live.close())
  })
}
main().catch((error: unknown) => console.log(error instanceof ConfigError))
`

/** Uses every entry of every package. */
const ALL_ENTRIES = `
import { createHotConfig, values } from '@hot-config/core'
import { silentLogger } from '@hot-config/core/internal'
import { instrument } from '@hot-config/core/opentelemetry'
import { collectMetrics } from '@hot-config/core/prometheus'
import { hotConfig as onExpress } from '@hot-config/express'
import onFastify, { hotConfig } from '@hot-config/fastify'
import { configMap } from '@hot-config/kubernetes'
import { HotConfigModule } from '@hot-config/nestjs'
import { HotConfigHealthIndicator } from '@hot-config/nestjs/terminus'
import { HotConfigProvider } from '@hot-config/openfeature'
import { createTestConfig } from '@hot-config/testing'

const all = [silentLogger, instrument, collectMetrics, onExpress, onFastify, configMap, HotConfigModule, HotConfigHealthIndicator, HotConfigProvider]
createHotConfig({ sources: values({ port: 80 }), logger: false }).then(async (config) => {
  const port: unknown = config.current
  console.log(JSON.stringify(port), all.every(Boolean), onFastify === hotConfig, createTestConfig({ a: 1 }).current.a)
  await config.close()
})
`

/** What TypeScript can be told about modules. */
interface Settings {
  readonly module: string
  readonly moduleResolution: string
  /** That of `package.json`. */
  readonly type: 'commonjs' | 'module'
}

/** `runs`: Node runs what they produce; other programs need a bundler. */
const SETTINGS: readonly (Settings & { readonly runs: boolean })[] = [
  { module: 'commonjs', moduleResolution: 'node10', type: 'commonjs', runs: true },
  { module: 'node16', moduleResolution: 'node16', type: 'commonjs', runs: true },
  { module: 'node16', moduleResolution: 'node16', type: 'module', runs: true },
  { module: 'nodenext', moduleResolution: 'nodenext', type: 'commonjs', runs: true },
  { module: 'nodenext', moduleResolution: 'nodenext', type: 'module', runs: true },
  { module: 'esnext', moduleResolution: 'bundler', type: 'module', runs: true },
  { module: 'preserve', moduleResolution: 'bundler', type: 'commonjs', runs: false },
]

describe('a program in TypeScript', () => {
  let project: Project

  beforeAll(async () => {
    project = await Project.create({
      '@nestjs/common': '^11.0.0',
      '@nestjs/core': '^11.0.0',
      '@nestjs/terminus': '^11.0.0',
      '@openfeature/core': '^1.12.0',
      '@openfeature/server-sdk': '^1.23.0',
      '@opentelemetry/api': '^1.9.0',
      '@types/convict': '^6.1.6',
      '@types/express': '^5.0.0',
      '@types/node': '^20.19.0',
      convict: '^6.2.5',
      express: '^5.0.0',
      fastify: '^5.0.0',
      'prom-client': '^15.1.0',
      'reflect-metadata': '^0.2.0',
      rxjs: '^7.8.0',
      typescript: '~5.9.3',
    })
  }, INSTALL_MS)

  afterAll(() => project[Symbol.asyncDispose]())

  async function compile(folder: string, app: string, { type, ...compilerOptions }: Settings): Promise<string> {
    await project.write({
      [`${folder}/package.json`]: JSON.stringify({ type }),
      [`${folder}/app.ts`]: app,
      [`${folder}/tsconfig.json`]: JSON.stringify({
        compilerOptions: {
          target: 'es2022',
          strict: true,
          esModuleInterop: true,
          skipLibCheck: true,
          types: ['node'],
          ...compilerOptions,
        },
      }),
    })
    return await project.bin('tsc', '-p', folder)
  }

  it('is an Express app in CommonJS: it compiles, serves, and knows its errors', { timeout: 60_000 }, async () => {
    await compile('app', EXPRESS_APP, { module: 'commonjs', moduleResolution: 'node10', type: 'commonjs' })
    await project.write({ 'config/app.yaml': 'greeting: hi', 'bad/app.yaml': 'greeting: [1]' })
    expect(await project.node('app/app.js', 'config')).toBe('HI\n')
    expect(await project.node('app/app.js', 'bad')).toBe('true\n')
  })

  it.each(SETTINGS)(
    'finds every entry with module $module, moduleResolution $moduleResolution in a package of type $type',
    { timeout: 60_000 },
    async ({ runs, ...settings }) => {
      const folder = `${settings.module}-${settings.type}`
      expect(await compile(folder, ALL_ENTRIES, settings)).toBe('')
      if (runs) expect(await project.node(`${folder}/app.js`)).toBe('{"port":80} true true 1\n')
    },
  )

  it('is tested by node:test, in CommonJS', async () => {
    await project.write({
      'unit.test.cjs': `
        const { test } = require('node:test')
        const assert = require('node:assert')
        const { createTestConfig } = require('@hot-config/testing')
        test('reads', () => assert.equal(createTestConfig({ port: 80 }).current.port, 80))
      `,
    })
    expect(await project.node('--test', 'unit.test.cjs')).toMatch(/pass 1\b/)
  })

  it('has one core, although half of it is in ES modules and half in CommonJS', async () => {
    await project.write({
      'half.cjs': `module.exports = require('@hot-config/core')`,
      'whole.mjs': `
        import express from 'express'
        import { ConfigError, createHotConfig, requestConfig, values } from '@hot-config/core'
        import { hotConfig } from '@hot-config/express'
        import half from './half.cjs'
        console.log(half.createHotConfig === createHotConfig)
        const fault = await half.createHotConfig({ sources: 'nowhere', logger: false }).catch((error) => error)
        console.log(fault instanceof ConfigError, fault instanceof half.ConfigError)
        const config = await half.createHotConfig({ sources: values({ port: 80 }), logger: false })
        const app = express()
        app.use(hotConfig({ config, requestContext: true }))
        app.get('/', (request, response) => response.json([half.requestConfig(), requestConfig()]))
        const server = app.listen(0, '127.0.0.1', async () => {
          console.log(await (await fetch('http://127.0.0.1:' + server.address().port)).text())
          server.close(() => config.close())
        })
      `,
    })
    expect(await project.node('whole.mjs')).toBe('false\ntrue true\n[{"port":80},{"port":80}]\n')
  })
})
