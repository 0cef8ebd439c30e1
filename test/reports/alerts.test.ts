import { execFile } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { collectMetrics } from '@hot-config/core/prometheus'
import { createTestConfig } from '@hot-config/testing'
import { dump, load } from 'js-yaml'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly annotations: { readonly summary: string; readonly description: string }
}

const example = (file: string): string =>
  readFileSync(new URL(`../../examples/kubernetes/${file}`, import.meta.url), 'utf8')

const { spec } = load(example('alerts.yaml')) as { spec: { groups: { rules: Rule[] }[] } }
const rules = spec.groups.flatMap((group) => group.rules)
const dashboard = JSON.parse(example('dashboard.json')) as {
  panels: { id: number; targets: { expr: string }[] }[]
}

const hasPromtool = (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
  try {
    accessSync(join(folder, 'promtool'), constants.X_OK)
    return true
  } catch {
    return false
  }
})

/** Every name that a scrape shows. */
async function exportedNames(): Promise<string[]> {
  const register = new Registry()
  collectMetrics(createTestConfig({}), { register, name: 'main' })
  const metrics = await register.getMetricsAsJSON()
  return metrics.flatMap(({ name, type }) =>
    String(type) === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
  )
}

/** The names of metrics that a text uses. */
const namesIn = (text: string): string[] => text.match(/\bhot_config_\w+/g) ?? []

describe('the alerts', () => {
  it('use exported metrics, and say what to do', async () => {
    const exported = await exportedNames()
    expect(rules.map(({ alert }) => alert)).toEqual([
      'HotConfigReloadFailed',
      'HotConfigDigestsDiffer',
      'HotConfigCanaryRejected',
      'HotConfigTakenBack',
      'HotConfigSourceDown',
      'HotConfigUpdatesStopped',
      'HotConfigSourceWarnings',
      'HotConfigRestartPending',
    ])
    for (const { expr, annotations } of rules) {
      expect(namesIn(expr)).not.toEqual([])
      expect(exported).toEqual(expect.arrayContaining(namesIn(expr)))
      expect(annotations).toEqual({ summary: expect.any(String), description: expect.any(String) })
    }
  })

  describe.runIf(hasPromtool)('for Prometheus', () => {
    let folder: string
    const promtool = async (...words: string[]): Promise<string> => {
      const { stdout } = await promisify(execFile)('promtool', words, { cwd: folder, timeout: 15_000 })
      return stdout
    }

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'alerts-'))
      await writeFile(join(folder, 'rules.yaml'), dump(spec))
      await copyFile(fileURLToPath(new URL('alerts.promtool.yaml', import.meta.url)), join(folder, 'tests.yaml'))
    })
    afterAll(() => rm(folder, { recursive: true }))

    it('are valid rules', async () => {
      expect(await promtool('check', 'rules', 'rules.yaml')).toContain(`SUCCESS: ${rules.length} rules found`)
    })

    it('fire when a condition lasts, and only then', async () => {
      expect(await promtool('test', 'rules', 'tests.yaml')).toContain('SUCCESS')
    })

    it('use metrics that follow the conventions', async () => {
      const register = new Registry()
      const config = createTestConfig({ port: 1 })
      collectMetrics(config, { register, name: 'main' })
      await config.set({ port: 2 })
      await writeFile(join(folder, 'metrics.txt'), await register.metrics())
      const check = promisify(execFile)('sh', ['-c', 'promtool check metrics < metrics.txt'], { cwd: folder })
      expect(await check).toEqual({ stdout: '', stderr: '' })
    })

    it('have a dashboard with valid queries', async () => {
      const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
      const named = queries.map((expr, index) => ({
        record: `query:${index}`,
        expr: expr.replaceAll('$__rate_interval', '5m'),
      }))
      await writeFile(join(folder, 'queries.yaml'), dump({ groups: [{ name: 'dashboard', rules: named }] }))
      expect(await promtool('check', 'rules', 'queries.yaml')).toContain(`SUCCESS: ${queries.length} rules found`)
    })
  })
})

describe('the dashboard', () => {
  it('uses exported metrics', async () => {
    const exported = await exportedNames()
    const names = namesIn(JSON.stringify(dashboard))
    expect(names.length).toBeGreaterThan(0)
    expect(exported).toEqual(expect.arrayContaining(names))
  })

  it('shows every metric that the alerts use, the canary and the guard', () => {
    const alerted = rules.flatMap(({ expr }) => namesIn(expr))
    const names = namesIn(JSON.stringify(dashboard))
    expect(names).toEqual(expect.arrayContaining([...alerted, 'hot_config_guard_info']))
  })

  it('has panels with queries of their own', () => {
    const { panels } = dashboard
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const { targets } of panels) for (const { expr } of targets) expect(namesIn(expr)).not.toEqual([])
  })
})
