import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { createConfigMapVolume, createTestConfig } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { root } from '../support/pages.ts'
import { examplesOf, runExample } from '../support/snippets.ts'

const PAGE = 'docs/not-updating.md'
const text = readFileSync(join(root, PAGE), 'utf8')

describe('the page on updates that do not arrive', () => {
  it('names fields that the health report has', () => {
    const report = createTestConfig({}).health()
    for (const field of ['lastRejection', 'pinnedByEnvironment', 'pendingRestart', 'pending', 'digest', 'sources']) {
      expect(text).toContain(`\`${field}`)
      expect(report).toHaveProperty(field)
    }
  })

  it('names metrics that there are', () => {
    const metrics = readFileSync(join(root, 'docs/metrics.md'), 'utf8')
    for (const [name] of text.matchAll(/hot_config_\w+/g)) expect(metrics).toContain(name)
  })

  it('shows a copy, which stays, and code that follows', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'greeting: Hello' })
    const code = examplesOf(PAGE)[0]?.replace('/etc/config', volume.path)
    const tell = `config.onChange(() => process.send([greeting, greet('you')]))
      process.send('ready')
      setInterval(() => {}, 1_000)`
    await runExample(`${code}\n${tell}`, async (_child, next) => {
      expect(await next()).toBe('ready')
      await volume.update({ 'app.yaml': 'greeting: Good morning' })
      expect(await next()).toEqual(['Hello', 'Good morning, you'])
    })
  })
})
