import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createConfigMapVolume } from '@hot-config/testing'
import type { ConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { examplesOf, runExample } from '../support/snippets.ts'

const [layers = '', tls = '', variables = ''] = examplesOf('docs/sources.md')

const REPORT = `
process.send(config.current)
config.onChange(({ next }) => process.send(next.value))
setInterval(() => {}, 1_000)
`

let folder: string
let pod: ConfigMapVolume

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'docs-sources-'))
  pod = await createConfigMapVolume(join(folder, 'mounted'))
  await pod.remove()
  await mkdir(join(folder, 'config'))
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

const write = (path: string, text: string): Promise<void> => writeFile(join(folder, path), text)
const at = (code: string): string =>
  code
    .replaceAll("'/etc/config'", `'${pod.path}'`)
    .replaceAll(/(['`])(config\/|\.env)/g, (_, quote: string, path: string) => `${quote}${folder}/${path}`)

describe('the page on sources', () => {
  it('has the examples that are tested here', () => {
    expect(examplesOf('docs/sources.md')).toHaveLength(3)
  })

  it('shows layers that are the same on a laptop and in a pod', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    vi.stubEnv('APP_FROM__ENVIRONMENT', 'environment')
    await write(
      'config/default.yaml',
      'port: 3000\nname: shop\nfrom: {default: default, production: default, local: default}',
    )
    await write('config/production.yaml', 'from: {production: production, local: production}')
    await write('config/development.yaml', 'from: {development: never}')
    const expected = {
      port: 3000,
      name: 'shop',
      from: { default: 'default', production: 'production', local: 'production', environment: 'environment' },
    }
    await runExample(`${at(layers)}${REPORT}`, async (_child, next) => {
      expect(await next()).toEqual(expected)
      // what was missing appears, first on the laptop
      await write('.env.local', 'APP_FROM__LOCAL=local\nOTHER=ignored\n')
      const local = { ...expected, from: { ...expected.from, local: 'local' } }
      expect(await next()).toEqual(local)
      // then in the pod
      const mounted = await createConfigMapVolume(pod.path)
      await mounted.update({ 'app.yaml': 'port: 8080\nfrom: {environment: hidden}' })
      expect(await next()).toEqual({ ...local, port: 8080 })
      await mounted.update({ 'app.yaml': 'port: 8081' })
      expect(await next()).toEqual({ ...local, port: 8081 })
    })
  })

  it('shows a choice of keys beside a keystore', async () => {
    const secret = await createConfigMapVolume(pod.path)
    await secret.update({ 'tls.crt': 'PEM', 'tls.key': 'KEY', 'keystore.p12': Buffer.from([0xff, 0x00]) })
    const use = `
import { createHotConfig } from '@hot-config/core'
const config = await createHotConfig({ sources: tls })
${REPORT}`
    const code = tls.replace("'/etc/tls'", `'${pod.path}'`)
    await runExample(`${code}${use}`, async (_child, next) => {
      expect(await next()).toEqual({ tls: { crt: 'PEM', key: 'KEY' } })
    })
  })

  it('shows variables with names of other rules', async () => {
    await write('.env', 'DATABASE_URL=from-file\nAPP_LOG__LEVEL=debug\n')
    vi.stubEnv('APP_PORT', '1')
    const use = `
import { createHotConfig } from '@hot-config/core'
const config = await createHotConfig({ sources })
${REPORT}`
    await runExample(`${at(variables)}${use}`, async (_child, next) => {
      expect(await next()).toEqual({ db: { url: 'from-file' }, log: { level: 'debug' }, port: '1' })
    })
  })
})
