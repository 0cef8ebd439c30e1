import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { examplesOf, runExample } from '../support/snippets.ts'

const page = readFileSync(new URL('../../docs/safe-change.md', import.meta.url), 'utf8')
const [lastGood = '', canary = '', guard = ''] = examplesOf('docs/safe-change.md')

describe('the page on safe change', () => {
  it('shows how to keep the last good configuration', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'max: 1' })
    const folder = await mkdtemp(join(tmpdir(), 'last-good-'))
    const code = lastGood.replace('/etc/config', volume.path).replace('/var/lib/shop', folder)
    await runExample(`${code}\nawait config.close()\nprocess.send(config.current)`, async (_child, next) => {
      expect(await next()).toEqual({ max: 1 })
    })
    expect(await readFile(join(folder, 'last-good.json'), 'utf8')).toContain('max: 1')
    await rm(folder, { recursive: true })
  })

  it('shows how to serve a canary', async () => {
    await using stable = await createConfigMapVolume()
    await using mounted = await createConfigMapVolume()
    await stable.update({ 'app.yaml': 'pool: { max: 10 }' })
    const [, share = '', text = ''] = /hot-config\.share: '(.*)'\n {2}app\.yaml: \|\n((?: {4}.*\n)+)/.exec(page) ?? []
    await mounted.update({ 'hot-config.share': share.replace('10', '100'), 'app.yaml': text })
    const code = canary.replace('/etc/config-canary', mounted.path).replace('/etc/config', stable.path)
    await runExample(`${code}\nprocess.send([config.current, config.health()])`, async (_child, next) => {
      expect(await next()).toMatchObject([{ pool: { max: 50 } }, { canary: { share: 1, state: 'serving' } }])
    })
  })

  it('shows how to guard updates', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'max: 1' })
    const code = guard.replace('/etc/config', volume.path)
    await runExample(`${code}\nprocess.send(config.health().guard)`, async (_child, next) => {
      expect(await next()).toBeNull()
    })
  })

  it('says the right chance that nobody is chosen', () => {
    const rows = Array.from(page.matchAll(/^\| (\d+) % +\|(.*)\|$/gm), ([, share, rest = '']) => ({
      share: Number(share) / 100,
      chances: rest.split('|').map((cell) => cell.trim()),
    }))
    expect(rows).toHaveLength(4)
    for (const { share, chances } of rows) {
      expect(chances).toEqual([3, 10, 30, 300].map((pods) => `${Math.round((1 - share) ** pods * 100)} %`))
    }
  })
})
