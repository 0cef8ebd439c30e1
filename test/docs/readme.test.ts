import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { createConfigMapVolume, createTestConfig } from '@hot-config/testing'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { root } from '../support/pages.ts'
import { ProgramFolder } from '../support/program.ts'
import { blocksOf, examplesOf, runExample } from '../support/snippets.ts'

const PAGE = new URL('../../README.md', import.meta.url)
const [service = '', standalone = '', testing = ''] = examplesOf('README.md')
const [configMap = '', deployment = ''] = blocksOf('README.md', 'yaml')
const [, laptop = ''] = blocksOf('README.md', 'sh')
const [typescript = ''] = blocksOf('README.md', 'ts')

interface ConfigMap {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly data: Record<string, string>
}

interface Deployment {
  readonly spec: { readonly template: { readonly spec: PodSpec } }
}

interface PodSpec {
  readonly containers: readonly {
    readonly volumeMounts: readonly { name: string; mountPath: string; subPath?: string }[]
    readonly readinessProbe: { readonly httpGet: { readonly path: string; readonly port: number } }
  }[]
  readonly volumes: readonly { name: string; configMap: { name: string } }[]
}

/** What Fastify logs when it listens. */
const ADDRESS = /http:\/\/127\.0\.0\.1:\d+/

const onFreePort = (code: string): string => code.replace('3000', '0')

describe('the README', () => {
  it('shows a Fastify service that does what it says', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'greeting: Hello' })
    const code = service
      .replace('/etc/config', volume.path)
      .replace('3000', '0')
      .replace('logger: true', 'logger: false')
    await runExample(`${code}\nprocess.send(app.server.address().port)`, async (_child, next) => {
      const url = `http://127.0.0.1:${(await next()) as number}`
      const text = async (path: string): Promise<unknown> => (await fetch(url + path)).json()
      expect(await text('/')).toEqual({ text: 'Hello' })
      await volume.update({ 'app.yaml': 'greeting: Good morning' })
      await eventually(async () => expect(await text('/')).toEqual({ text: 'Good morning' }))
      await volume.update({ 'app.yaml': 'log:\n  level: loud' })
      await eventually(async () =>
        expect(await text('/config/health')).toMatchObject({
          status: 'warn',
          lastRejection: {
            message: `volume:${volume.path} app.yaml:2:3 log.level: must be one of the possible values: ["debug","info","warn"]`,
          },
        }),
      )
      expect(await text('/')).toEqual({ text: 'Good morning' })
    })
  })

  it('shows a ConfigMap that the service reads where the Deployment mounts it', async () => {
    const { kind, metadata, data } = load(configMap) as ConfigMap
    expect(kind).toBe('ConfigMap')
    const { containers, volumes } = (load(deployment) as Deployment).spec.template.spec
    const [container] = containers
    const [mount] = container?.volumeMounts ?? []
    expect(mount?.subPath).toBeUndefined()
    expect(volumes.find(({ name }) => name === mount?.name)?.configMap).toEqual({ name: metadata.name })
    expect(service).toContain(`'${mount?.mountPath}'`)
    const { path, port } = container?.readinessProbe.httpGet ?? {}
    expect(service).toContain(`port: ${port}`)

    await using volume = await createConfigMapVolume()
    await volume.update(data)
    const code = onFreePort(service.replace('/etc/config', volume.path)).replace('logger: true', 'logger: false')
    const tell = 'process.send([app.server.address().port, app.log.level])'
    await runExample(`${code}\n${tell}`, async (_child, next) => {
      const [free, level] = (await next()) as [number, string]
      expect(level).toBe('info')
      expect(await (await fetch(`http://127.0.0.1:${free}/`)).json()).toEqual({ text: 'Hello' })
      expect(await (await fetch(`http://127.0.0.1:${free}${path}`)).json()).toMatchObject({ status: 'pass' })
    })
  })

  it('shows how to run the service on a laptop, where edits of a file are followed', async () => {
    await using folder = new ProgramFolder()
    await folder.write({ 'server.mjs': onFreePort(service) })
    await folder.run(laptop, async (output) => {
      const url = await output.matching(ADDRESS)
      const text = async (): Promise<unknown> => (await fetch(url)).json()
      expect(await text()).toEqual({ text: 'Hello from my laptop' })
      await folder.write({ 'config/app.yaml': 'greeting: Edited' })
      await eventually(async () => expect(await text()).toEqual({ text: 'Edited' }))
    })
  })

  it('shows a service in TypeScript, whose requests are typed', async () => {
    await using folder = new ProgramFolder()
    const compilerOptions = { strict: true, target: 'es2023', module: 'nodenext', skipLibCheck: true, types: ['node'] }
    await folder.write({
      'tsconfig.json': JSON.stringify({ compilerOptions, include: ['*.mts'] }),
      'server.mts': onFreePort(typescript),
      'config.yaml': 'greeting: Hello',
    })
    const compile = (): Promise<unknown> =>
      promisify(execFile)(join(root, 'node_modules/.bin/tsc'), ['-p', folder.path])
    await compile()
    await folder.run('HOT_CONFIG_PATH=config.yaml node server.mjs', async (output) => {
      expect(await (await fetch(await output.matching(ADDRESS))).json()).toEqual({ text: 'HELLO' })
    })
    await folder.write({
      'wrong.mts': "export {}\ndeclare const request: import('fastify').FastifyRequest\nrequest.config.greting",
    })
    await expect(compile()).rejects.toHaveProperty(
      'stdout',
      expect.stringMatching(/wrong\.mts.*'greting' does not exist/),
    )
  })

  it('shows how to do without a framework', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'pool.max': '10\n' })
    const code = `process.env.APP_DEBUG = 'yes'\n${standalone.replace('/etc/config', volume.path)}`
    const watch = `process.send(config.current)\nconfig.onChange(({ paths }) => process.send(paths))`
    await runExample(`${code}\n${watch}\nsetInterval(() => {}, 1_000)`, async (_child, next) => {
      expect(await next()).toEqual({ pool: { max: 10 } })
      await volume.update({ 'pool.max': '20' })
      expect(await next()).toEqual(['pool.max'])
    })
  })

  it('shows a health report with every field that there is', () => {
    const [, example = ''] = /```json\n(.*?)```/s.exec(readFileSync(PAGE, 'utf8')) ?? []
    expect(Object.keys(JSON.parse(example) as object)).toEqual(Object.keys(createTestConfig({}).health()))
  })

  it('shows how to test an app', async () => {
    await runExample(`${testing}\nprocess.send(config.current)\nawait volume.remove()`, async (_child, next) => {
      expect(await next()).toEqual({ greeting: 'Good morning' })
    })
  })
})
