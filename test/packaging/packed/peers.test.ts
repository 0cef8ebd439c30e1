import { describe, expect, it } from 'vitest'

import { INSTALL_MS, Project } from './project.ts'

/** What the ranges of the packages allow. */
const VERSIONS = {
  lowest: {
    '@kubernetes/client-node': '1.0.0',
    '@nestjs/common': '11.0.0',
    '@nestjs/core': '11.0.0',
    '@nestjs/terminus': '11.0.0',
    '@openfeature/core': '1.9.0',
    '@openfeature/server-sdk': '1.19.0',
    '@opentelemetry/api': '1.9.0',
    convict: '6.2.0',
    express: '4.18.0',
    fastify: '5.0.0',
    'prom-client': '15.1.0',
    'reflect-metadata': '0.1.12',
    rxjs: '7.1.0',
  },
  newest: {
    // version 2 needs Node 22
    '@kubernetes/client-node': process.version.startsWith('v20.') ? '^1.4.0' : '^2.0.0',
    '@nestjs/common': '^12.0.0',
    '@nestjs/core': '^12.0.0',
    '@nestjs/terminus': '^12.0.0',
    '@openfeature/core': '^1.12.0',
    '@openfeature/server-sdk': '^1.23.0',
    '@opentelemetry/api': '^1.10.0',
    convict: '^6.2.0',
    express: '^5.0.0',
    fastify: '^5.0.0',
    'prom-client': '^15.1.0',
    'reflect-metadata': '^0.2.0',
    rxjs: '^7.8.0',
  },
}

const PROGRAM = `
  import 'reflect-metadata'
  import { KubeConfig } from '@kubernetes/client-node'
  import { NestFactory } from '@nestjs/core'
  import { Module } from '@nestjs/common'
  import { TerminusModule } from '@nestjs/terminus'
  import express from 'express'
  import fastify from 'fastify'
  import { register } from 'prom-client'
  import { createHotConfig, values } from '@hot-config/core'
  import { instrument } from '@hot-config/core/opentelemetry'
  import { collectMetrics } from '@hot-config/core/prometheus'
  import { hotConfig as onExpress } from '@hot-config/express'
  import { hotConfig as onFastify } from '@hot-config/fastify'
  import { configMap, fromKubeConfig } from '@hot-config/kubernetes'
  import { HotConfigModule, HotConfigService } from '@hot-config/nestjs'
  import { HotConfigHealthIndicator } from '@hot-config/nestjs/terminus'
  import { HotConfigProvider } from '@hot-config/openfeature'
  import { OpenFeature } from '@openfeature/server-sdk'

  const schema = { port: { format: 'port', default: 80 } }
  const config = await createHotConfig({ schema, sources: values({ port: 81 }), logger: false })
  instrument(config)
  collectMetrics(config)
  const done = { metrics: (await register.metrics()).includes('hot_config') }

  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromOptions({
    clusters: [{ name: 'c', server: 'https://127.0.0.1:1' }],
    users: [{ name: 'u', token: 't' }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  })
  done.kubernetes = configMap({ name: 'app', namespace: 'n', ...fromKubeConfig(kubeConfig) }).name.includes('app')

  const app = fastify()
  await app.register(onFastify, { config })
  app.get('/', (request) => request.config)
  done.fastify = (await app.inject('/')).json()
  await app.close()

  const server = express()
    .use(onExpress({ config }))
    .get('/', (request, response) => response.json(request.config))
    .listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  done.express = await (await fetch('http://127.0.0.1:' + server.address().port)).json()
  server.close()

  class AppModule {}
  Module({ imports: [TerminusModule, HotConfigModule.forRoot({ config })], providers: [HotConfigHealthIndicator] })(AppModule)
  const nest = await NestFactory.createApplicationContext(AppModule, { logger: false })
  done.nestjs = nest.get(HotConfigService).current
  done.terminus = (await nest.get(HotConfigHealthIndicator).isHealthy('config')).config.status
  await nest.close()

  const flags = { beta: { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'on' } }
  const flagged = await createHotConfig({ sources: values({ flags }), logger: false })
  await OpenFeature.setProviderAndWait(new HotConfigProvider(flagged))
  done.openfeature = await OpenFeature.getClient().getBooleanValue('beta', false)
  await OpenFeature.close()
  await flagged.close()
  await config.close()
  console.log(JSON.stringify(done))
`

describe('the packages work with what their ranges allow', () => {
  it.each(['lowest', 'newest'] as const)('%s', { timeout: INSTALL_MS }, async (which) => {
    await using project = await Project.create(VERSIONS[which])
    await project.write({ 'program.mjs': PROGRAM })
    expect(JSON.parse(await project.node('program.mjs'))).toEqual({
      metrics: true,
      kubernetes: true,
      fastify: { port: 81 },
      express: { port: 81 },
      nestjs: { port: 81 },
      terminus: 'up',
      openfeature: true,
    })
  })
})
