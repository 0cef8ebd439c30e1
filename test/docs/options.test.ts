import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { runInNewContext } from 'node:vm'

import type { OptionTable } from '@hot-config/core/internal'
import { describe, expect, it, vi } from 'vitest'

import { TAKERS } from '../errors/option-takers.ts'

/** The tables that were read, in order. */
const read = vi.hoisted((): OptionTable[] => [])

vi.mock('../../packages/core/src/errors/option-checks.ts', async (original) => {
  const checks = await original<typeof import('@hot-config/core/internal')>()
  const readOptions: typeof checks.readOptions = (options, table, place) => {
    read.push(table)
    return checks.readOptions(options, table, place)
  }
  return { ...checks, readOptions }
})

/** The options of a function, each with its default. */
async function defaultsOf(of: string): Promise<Record<string, unknown>> {
  const { take, base = {} } = TAKERS.find((taker) => taker.of === of && taker.place === undefined)!
  read.splice(0)
  try {
    await take({ ...base, unheardOf: 1 } as never)
  } catch {
    // its table was read
  }
  const table = read.find((each) => 'name' in each && 'sources' in each) ?? read[0]!
  return Object.fromEntries(
    Object.entries(table).map(([name, reader]) => {
      try {
        return [name, reader(undefined, name)]
      } catch {
        return [name, undefined]
      }
    }),
  )
}

/** What `5,000`, `4 MiB` or code in backticks stands for. Nothing for prose. */
function valueOf(text: string): { readonly value: unknown } | undefined {
  const number = /^(\d[\d,]*)( MiB)?$/.exec(text)
  if (number) return { value: Number(number[1]?.replaceAll(',', '')) * (number[2] ? 2 ** 20 : 1) }
  const code = /^`([^`]+)`$/.exec(text)?.[1]
  if (code === undefined) return undefined
  try {
    return { value: JSON.parse(JSON.stringify(runInNewContext(`(${code})`))) as unknown }
  } catch {
    return { value: code }
  }
}

/** Whether a default can be said in one word. */
const isPlain = (value: unknown): boolean =>
  ['number', 'boolean'].includes(typeof value) || (typeof value === 'string' && value !== '')

/** What is wrong about a documented default, if anything. */
function faultOf(name: string, documented: string, actual: unknown): string[] {
  const said = valueOf(documented)
  if (!said || actual === undefined) return []
  const { path } = Object(actual) as { path?: string }
  const isRight = [actual, path, { path }].some((form) => isDeepStrictEqual(form, said.value))
  return isRight ? [] : [`${name}: ${documented} is not ${JSON.stringify(actual)}`]
}

describe('the table of options in', () => {
  it.each([
    { file: 'packages/core/README.md', of: 'createHotConfig', unsaid: [] },
    {
      file: 'packages/kubernetes/README.md',
      of: 'configMaps',
      // what is in the snippets, what a kubeconfig brings, and what is for tests
      unsaid: ['labelSelector', 'credentials', 'timing'],
    },
    { file: 'packages/nestjs/README.md', of: 'HotConfigModule.forRoot', unsaid: ['config'] },
    { file: 'docs/metrics.md', of: 'collectMetrics', unsaid: [] },
  ])('$file lists every option of $of with its default', async ({ file, of, unsaid }) => {
    const text = readFileSync(file, 'utf8')
    const rows = /\n\| option .*\n\| -.*\n((?:\|.*\n)+)/.exec(text)?.[1]?.trim().split('\n') ?? []
    const own = new Set(file.includes('nestjs') ? Object.keys(await defaultsOf('createHotConfig')) : [])
    const defaults = await defaultsOf(of)
    const listed = rows.flatMap((row) => {
      const [, names = '', , documented = ''] = row.split(/(?<!\\)\|/).map((cell) => cell.trim())
      return Array.from(names.matchAll(/`(\w+)`(?! of `)|`(\w+)` of /g), ([, name, other]) => ({
        name: name ?? other ?? '',
        documented,
      }))
    })
    const expected = Object.keys(defaults).filter((name) => !own.has(name) && !unsaid.includes(name as never))
    expect(listed.map(({ name }) => name).toSorted()).toEqual(expected.toSorted())
    expect(listed.flatMap(({ name, documented }) => faultOf(name, documented, defaults[name]))).toEqual([])
  })
})

describe('the comments on the options of', () => {
  it.each([
    ['core/src/options.ts', 'HotConfigOptions', 'createHotConfig'],
    ['core/src/adapters/adapter.ts', 'AdapterOptions', 'adapt'],
    ['core/src/sources/volume.ts', 'VolumeOptions', 'volume'],
    ['core/src/sources/file.ts', 'FileOptions', 'file'],
    ['core/src/sources/env.ts', 'EnvOptions', 'env'],
    ['core/src/sources/with-fallback.ts', 'FallbackOptions', 'withFallback'],
    ['core/src/sources/with-canary.ts', 'CanaryOptions', 'withCanary'],
    ['core/src/updates/preparation.ts', 'BeforeChangeOptions', 'beforeChange'],
    ['core/src/updates/resource.ts', 'ResourceOptions', 'resource'],
    ['core/src/reports/prometheus.ts', 'MetricsOptions', 'collectMetrics'],
    ['core/src/reports/opentelemetry.ts', 'TelemetryOptions', 'instrument'],
    ['kubernetes/src/options.ts', 'ConnectionOptions', 'configMaps'],
    ['kubernetes/src/options.ts', 'StartOptions', 'configMaps'],
    ['kubernetes/src/options.ts', 'SelectorOptions', 'configMaps'],
    ['kubernetes/src/events/report-events.ts', 'EventOptions', 'reportEvents'],
    ['testing/src/source-contract.ts', 'SourceContractOptions', 'sourceContract'],
    ['testing/src/adapter-contract.ts', 'AdapterContractOptions', 'adapterContract'],
  ])('%s %s say the defaults', async (file, name, of) => {
    const text = readFileSync(`packages/${file}`, 'utf8')
    const body = new RegExp(`interface ${name}\\b[^\\n]*\\{\\n(.*?)\\n\\}`, 's').exec(text)?.[1] ?? ''
    const options = Array.from(body.matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/(?:\s*\/\/[^\n]*)*\s*readonly (\w+)\?:/gs))
    const defaults = await defaultsOf(of)
    expect(options.length).toBeGreaterThan(0)
    const faults = options.flatMap(([, comment = '', option = '']) => {
      const said = /Default:? (`[^`]+`|\d[\d,]*(?: MiB)?)\./.exec(comment.replace(/\s*\n\s*\* */g, ' '))?.[1]
      const isMissing = isPlain(defaults[option]) && !/default/i.test(comment)
      return isMissing ? [`${option}: no default`] : faultOf(option, said ?? '', defaults[option])
    })
    expect(faults).toEqual([])
  })
})
