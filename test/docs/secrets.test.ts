import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { createConfigMapVolume } from '@hot-config/testing'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'

import { runCli } from '../support/cli.ts'
import { root } from '../support/pages.ts'
import { ProgramFolder } from '../support/program.ts'
import { blocksOf } from '../support/snippets.ts'

const PAGE = 'docs/secrets.md'
const [secret = '', pod = ''] = blocksOf(PAGE, 'yaml')
const [program = ''] = blocksOf(PAGE, 'js')
const [laptop = ''] = blocksOf(PAGE, 'sh')

const KEEPS_RUNNING = `
config.onChange(() => console.log('history:', JSON.stringify(config.history())))
setInterval(() => {}, 1_000)
`

const { stringData } = load(secret) as { stringData: Record<string, string> }

describe('the page on secrets', () => {
  it('shows a Secret beside the ConfigMap, which follows a rotation and is shown nowhere', async () => {
    await using config = await createConfigMapVolume()
    await using secrets = await createConfigMapVolume()
    await config.update({ 'app.yaml': 'db: { host: db.example }' })
    await secrets.update(stringData)
    await using folder = new ProgramFolder()
    const code = program.replace("'/etc/config'", `'${config.path}'`).replace("'/etc/secrets'", `'${secrets.path}'`)
    await folder.write({ 'server.mjs': code + KEEPS_RUNNING })
    await folder.run('node server.mjs', async (output) => {
      await output.matching(/connects to db\.example as app/)
      await secrets.update({ ...stringData, 'db.username': 'app-2', 'db.password': 'battery-staple' })
      await output.matching(/connects to db\.example as app-2/)
      const printed = await output.matching(/[^]*history: .*"path":"db\.password","before":"\[redacted\]".*/)
      expect(printed).not.toMatch(/correct-horse|battery-staple/)
    })
  })

  it('mounts both where the program reads them', () => {
    const { containers, volumes } = (load(pod) as { spec: Pod }).spec
    const mounts = containers.flatMap(({ volumeMounts }) => volumeMounts.map(({ mountPath }) => mountPath))
    expect(mounts.filter((path) => !program.includes(`'${path}'`))).toEqual([])
    expect(volumes.map(({ name }) => name)).toEqual(containers[0]?.volumeMounts.map(({ name }) => name))
  })

  it('runs on a laptop', async () => {
    await using folder = new ProgramFolder()
    await folder.write({ 'server.mjs': program + KEEPS_RUNNING })
    await folder.run(laptop, async (output) => {
      await output.matching(/connects to localhost as dev/)
      await folder.write({ 'secrets/db.username': 'me\n' })
      expect(await output.matching(/connects to localhost as me$/m)).toBeTruthy()
    })
  })

  it('quotes what the rejection of a missing value says, and a check that finds it', async () => {
    const missing = /`db\.password: (is not valid: [^`]*)`/.exec(readFileSync(join(root, PAGE), 'utf8'))?.[1] ?? ''
    await using folder = new ProgramFolder()
    await folder.write({
      'config.mjs': program.replace(
        /[^]*(z\.object\(\{ db.*\}\)),\n[^]*/,
        "import { z } from 'zod'\nexport default $1",
      ),
      'k8s/config.yaml': 'kind: ConfigMap\nmetadata: { name: shop }\ndata:\n  app.yaml: "db: { host: a }"\n',
      'k8s/secret.yaml': secret,
    })
    const validate = (): ReturnType<typeof runCli> =>
      runCli(['validate', '--schema', `shop+shop-db=${folder.path}/config.mjs`, `${folder.path}/k8s`])
    expect((await validate()).stdout).toBe('2 objects checked: no problems\n')
    await folder.write({ 'k8s/secret.yaml': secret.replace(/ {2}db\.password.*\n/, '') })
    expect((await validate()).stdout).toContain(`db.password ${missing}`)
  })
})

interface Pod {
  readonly containers: readonly { readonly volumeMounts: readonly { name: string; mountPath: string }[] }[]
  readonly volumes: readonly { readonly name: string }[]
}
