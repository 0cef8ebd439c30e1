import { setTimeout as delay } from 'node:timers/promises'

import { createHotConfig } from '@hot-config/core'
import type { DeepReadonly, HotConfig, Rejection } from '@hot-config/core'
import { hotConfig } from '@hot-config/fastify'
import Fastify from 'fastify'
import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import type { DrivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { loadError } from '../support/load-error.ts'
import { outwardText, wholeError } from '../support/outward.ts'
import { recordingLogger } from '../support/recording-logger.ts'

/** Texts of many forms that occur nowhere else, with what tells them in whatever form they are quoted. */
function makeSecrets(count: number): { readonly text: string; readonly marks: readonly string[] }[] {
  return Array.from({ length: count }, (_, index) => {
    const mark = `zq${index.toString(36)}x${(index * 7919).toString(36)}k`
    const forms = [mark, `${mark} with spaces`, `"${mark}"\\${mark}`, `line\n${mark}`, `p@ss/${mark}?&=%`, ` ${mark} `]
    return { text: forms[index % forms.length] ?? mark, marks: [mark] }
  })
}

interface Config {
  readonly version: number
  readonly db: { readonly password: string; readonly host: string }
  readonly keys: readonly { readonly token: string }[]
  readonly api: Readonly<Record<string, unknown>>
}

const schema = {
  version: { format: 'nat', default: 0 },
  db: {
    password: { format: String, default: '', sensitive: true, env: 'SECRETS_TEST_PASSWORD' },
    host: { format: String, default: 'db' },
    limit: { format: 'nat', default: 1, sensitive: true },
  },
  keys: { format: Array, default: [] as { token: string }[] },
  api: { format: Object, default: {} },
}

const STEPS = 20
const secrets = makeSecrets(200)
const marks = secrets.flatMap((secret) => secret.marks)

/** Everything that an application may quote of what it sees, in several forms. */
function quote(...values: readonly DeepReadonly<unknown>[]): string {
  return values
    .map((value) => {
      const texts: string[] = []
      JSON.stringify(value, (_key, item: unknown) => {
        if (typeof item === 'string') texts.push(item, item.trim(), encodeURIComponent(item))
        return item
      })
      return `${JSON.stringify(value)} ${texts.join(' ')}`
    })
    .join(' ')
}

/** Content number `step`, of ten secrets that no other has. */
function contentOf(step: number): { readonly value: object; readonly secret: object } {
  const [a = '', b = '', c = '', ...rest] = secrets.slice(step * 10, step * 10 + 10).map(({ text }) => text)
  return {
    value: { version: step, db: { password: a }, keys: [{ token: b }, { token: c }] },
    secret: Object.fromEntries(rest.map((text, index) => [`key${index}`, index % 2 ? text : { deep: [text] }])),
  }
}

interface Step {
  readonly step: number
  /** What differs from the content of that step. */
  readonly change?: object
}

/** A source of one content after another. */
const stepping = (initial: Step = { step: 0 }): DrivenSource<Step> =>
  drivenSource(initial, {
    reading: ({ step, change }) => {
      const { value, secret } = contentOf(step)
      return {
        entries: [
          { path: [], value: { ...value, ...change } },
          { path: ['api'], value: secret, secret: true },
        ],
      }
    },
  })

/** Quotes all that it ever saw, wherever it can. Gives how many times it did so late. */
async function quoteEverywhere(config: HotConfig<Config>, rejections: Rejection[]): Promise<() => number> {
  const seen: unknown[] = []
  let builds = 0
  let late = 0
  const failure = (): Error => {
    const text = quote(...seen.slice(-4))
    const cause = Object.assign(new Error(`cause ${text}`), { code: text })
    return Object.assign(new Error(`quotes ${text}`, { cause }), { name: `Name ${text}` })
  }
  config.beforeChange(({ previous, next }) => {
    seen.push(previous.value, next.value)
    if (next.value.version % 3 === 1) throw failure()
  })
  await config.resource(
    ({ db }) => db.password,
    (password) => {
      if (++builds % 5 === 3) throw failure()
      return { password }
    },
    {
      graceMs: 0,
      dispose: ({ password }) => {
        throw new Error(`ending ${password} ${quote(...seen.slice(-4))}`)
      },
    },
  )
  config.onChange(() => {
    throw failure()
  })
  config.onChange(({ previous, next }) => Promise.reject(new Error(quote(previous.value, next.value))))
  config.onChange('db.password', async (_password, previous) => {
    // when others were taken meanwhile
    await delay(20)
    late++
    throw new Error(`late ${previous}`)
  })
  config.onReject((rejection) => {
    rejections.push(rejection)
    throw failure()
  })
  return () => late
}

function findAny(text: string): string[] {
  return marks.filter((mark) => text.includes(mark))
}

describe('two hundred secrets', () => {
  it('are in no log, health report, history, error or rejection, whatever quotes them', async () => {
    const source = stepping()
    const logger = recordingLogger()
    const config = await createHotConfig({
      sources: source,
      schema,
      redact: ['keys[*].token'],
      restartRequired: ['db.limit'],
      logger,
    })
    const rejections: Rejection[] = []
    const lateFailures = await quoteEverywhere(config, rejections)
    const texts: string[] = []
    const results: string[] = []
    for (let step = 1; step < STEPS; step++) {
      source.set({ step })
      results.push(await config.reload())
      // what the schema refuses quotes it too
      const { text = '' } = secrets[step * 10 + 9] ?? {}
      source.set({ step, change: { version: text } })
      results.push(await config.reload())
      source.set({ step, change: { db: { password: { not: text }, limit: text } } })
      results.push(await config.reload())
      source.set(new Error(`can't read ${quote(config.current)}`))
      results.push(await config.reload())
      texts.push(outwardText(config, logger, rejections))
    }
    const changes = results.filter((result) => result === 'changed').length
    expect(changes).toBeGreaterThan(5)
    expect(results.filter((result) => result === 'rejected').length).toBeGreaterThan(40)
    await eventually(() => expect(lateFailures()).toBe(changes))
    await config.close()
    texts.push(outwardText(config, logger, rejections))
    const all = texts.join('\n')
    const expected = ['quotes', 'cause', 'late', 'ending', 'HOT_CONFIG_VETO', 'HOT_CONFIG_SOURCE', '[redacted]']
    expect(expected.filter((part) => !all.includes(part))).toEqual([])
    expect(findAny(all)).toEqual([])
  })

  it('are not in the error of a first load that fails', async () => {
    for (let step = 0; step < STEPS; step++) {
      const change = { db: { password: { not: contentOf(step).value } }, version: quote(contentOf(step)) }
      const sources = stepping({ step, change })
      const error = await loadError(createHotConfig({ sources, schema, redact: ['keys[*].token'], logger: false }))
      expect(error).toMatchObject({ code: 'HOT_CONFIG_SCHEMA' })
      expect(findAny(wholeError(error))).toEqual([])
    }
  })

  it('are in no answer and no log line of a service', async () => {
    const source = stepping()
    const lines: string[] = []
    const app = Fastify({ logger: { level: 'trace', stream: { write: (line: string) => void lines.push(line) } } })
    await app.register(hotConfig, {
      sources: source,
      schema,
      redact: ['keys[*].token'],
      health: { page: true },
    })
    const { hotConfig: config } = app as unknown as { readonly hotConfig: HotConfig<Config> }
    const rejections: Rejection[] = []
    await quoteEverywhere(config, rejections)
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const answers: string[] = []
    for (let step = 1; step < STEPS; step++) {
      source.set({ step })
      await config.reload()
      for (const accept of ['application/json', 'text/html']) {
        const response = await fetch(`${url}/config/health`, { headers: { connection: 'close', accept } })
        answers.push(JSON.stringify([...response.headers]), await response.text())
      }
      source.set({ step, change: { version: quote(config.current) } })
      await config.reload()
      const refused = await fetch(`${url}/config/health`, { headers: { connection: 'close' } })
      expect(refused.status).toBe(200)
      answers.push(await refused.text())
    }
    await app.close()
    expect(answers.join()).toContain('vetoed before the change')
    expect(answers.join()).toContain('Changed to version')
    expect(lines.join()).toContain('configuration changed')
    expect(findAny([...answers, ...lines].join('\n'))).toEqual([])
  })
})
