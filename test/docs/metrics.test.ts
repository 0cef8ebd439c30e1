import { readFileSync } from 'node:fs'

import { createConfigMapVolume, createTestConfig } from '@hot-config/testing'
import { collectMetrics } from '@hot-config/core/prometheus'
import { load } from 'js-yaml'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'

import { ask } from '../contract/http.ts'
import { samplesOf } from '../reports/scrape.ts'
import { eventually } from '../support/eventually.ts'
import { examplesOf, runExample } from '../support/snippets.ts'

const [prometheus = '', opentelemetry = '', event = ''] = examplesOf('docs/metrics.md')
const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')

/** The cells of the rows that begin with a word in code. */
const rows = Array.from(page.matchAll(/^\| `(\w+)` +\|(.*)\|$/gm), ([, first = '', rest = '']) => [
  first,
  ...rest.split('|').map((cell) => cell.trim()),
])

describe('the page on metrics', () => {
  it('shows a service whose scrape reports a rejected update', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'greeting: Hello' })
    const code = prometheus.replace('/etc/config', volume.path).replace('3000', '0')
    await runExample(`${code}\nprocess.send(app.server.address().port)`, async (child, next) => {
      const url = `http://127.0.0.1:${(await next()) as number}/metrics`
      const scrape = async () => samplesOf((await ask(url)).text)
      expect(await scrape()).toMatchObject({ hot_config_last_reload_successful: 1 })
      await volume.update({ 'app.yaml': 'greeting: [' })
      await eventually(async () => expect(await scrape()).toMatchObject({ hot_config_last_reload_successful: 0 }))
      expect(child.exitCode).toBeNull()
    })
  })

  it('shows how to set up OpenTelemetry, and what to build upon', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ port: '1' })
    const statsd = 'const statsd = { timing: (name, ms) => process.send([name, ms >= 0]) }'
    const code = [opentelemetry.replace('/etc/config', volume.path), statsd, event, 'await config.reload()', 'stop()']
    await runExample(code.join('\n'), async (_child, next) => {
      expect(await next()).toEqual(['config.reload.unchanged', true])
    })
  })

  it('names all metrics with their types and labels', async () => {
    const register = new Registry()
    collectMetrics(createTestConfig({}), { register })
    const exported = await register.getMetricsAsJSON()
    const documented = rows.filter(([name]) => name?.startsWith('hot_config_'))
    expect(documented.map(([name, type]) => [name, type]).toSorted(byName)).toEqual(
      exported.map(({ name, type }) => [name, String(type)]).toSorted(byName),
    )
    for (const { name, values } of exported) {
      const [, , labels = ''] = documented.find(([documentedName]) => documentedName === name) ?? []
      const shown = values.flatMap((value) => Object.keys(value.labels)).filter((label) => label !== 'le')
      for (const label of shown) expect(labels).toContain(`\`${label}\``)
    }
  })

  it('shows the alerts as they are', () => {
    const file = readFileSync(new URL('../../examples/kubernetes/alerts.yaml', import.meta.url), 'utf8')
    const { spec } = load(file) as {
      spec: { groups: { rules: { alert: string; expr: string; for: string }[] }[] }
    }
    const alerts = spec.groups.flatMap(({ rules }) =>
      rules.map(({ alert, expr, for: lasting }) => [
        alert,
        `\`${expr.replaceAll(/\s+/g, ' ').replaceAll('( ', '(').replaceAll(' )', ')')}\``,
        lasting.replace('m', ' min'),
      ]),
    )
    expect(rows.filter(([name]) => name?.startsWith('HotConfig'))).toEqual(alerts)
  })
})

function byName([a = '']: readonly (string | undefined)[], [b = '']: readonly (string | undefined)[]): number {
  return a < b ? -1 : 1
}
