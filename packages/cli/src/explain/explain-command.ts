import { resolve, sep } from 'node:path'

import type { Explanation, Issue } from '@hot-config/core'
import { describePlace, messageOf } from '@hot-config/core/internal'

import { colorsFor } from '../colors.js'
import type { Colors } from '../colors.js'
import { print } from '../output.js'
import { printable, printableValue } from '../printable.js'
import { explain } from '../schemas/explain.js'
import { loadCore } from '../schemas/load-schema.js'
import type { ExplainRequest, ExplainResult } from '../schemas/messages.js'
import { SchemaProcess } from '../schemas/schema-process-client.js'
import { problemOfSource } from '../schemas/source-text.js'
import { EXIT, UsageError } from '../usage-error.js'

/** The options of `hot-config explain`, as the parser of arguments returns them. */
interface Options {
  readonly schema?: string
  readonly sources?: readonly string[]
  readonly redact?: readonly string[]
  readonly schemaTimeout: number
  readonly json?: boolean
}

/** @returns the exit code: 1 when the configuration is not valid, or has no value at the path */
export async function runExplain(path: string, given: object): Promise<number> {
  const { schema, sources = [], redact = [], schemaTimeout, json } = given as Options
  for (const source of sources) {
    const problem = problemOfSource(source)
    if (problem !== undefined) throw new UsageError(`--sources ${source}: ${problem}`)
  }
  const request = { type: 'explain', path, sources, redact } as const
  const result = await (schema === undefined ? explainAlone(request) : explainBy(schema, request, schemaTimeout))
  const colors = colorsFor(process.stdout)
  if ('issues' in result) {
    await print(json ? JSON.stringify(result, null, 2) : formatIssues(result.issues, colors))
    return EXIT.problems
  }
  const { explanation } = result
  await print(json ? JSON.stringify(explanation, null, 2) : formatExplanation(explanation, colors))
  return explanation.value === undefined ? EXIT.problems : EXIT.ok
}

async function explainBy(schema: string, request: ExplainRequest, limitMs: number): Promise<ExplainResult> {
  using running = await SchemaProcess.start(schema, limitMs)
  return await running.explain(request)
}

/** Without a schema, no code of the user runs, so no process of its own is needed. */
async function explainAlone(request: ExplainRequest): Promise<ExplainResult> {
  const core = await loadCore(resolve('package.json'))
  try {
    return await explain(core, undefined, request)
  } catch (error) {
    throw new UsageError(messageOf(error))
  }
}

function formatIssues(issues: readonly Issue[], { bold, red }: Colors): string {
  return issues
    .map((issue) => {
      const path = issue.path === undefined ? '' : `${red(printable(issue.path))} `
      return `${bold(placeOf(issue))} ${path}${printable(issue.message)}`.trim()
    })
    .join('\n')
}

function formatExplanation(explanation: Explanation, { bold, yellow, dim }: Colors): string {
  const { path, value, didYouMean, overrides, isDefault, pinnedByEnvironment, source } = explanation
  if (value === undefined) {
    const hint = didYouMean === undefined ? '' : `, did you mean ${printable(didYouMean)}?`
    return `${printable(path)}: ${yellow('no source and no default of the schema has a value')}${hint}`
  }
  const origin = isDefault ? 'default of the schema, or made by it of other values' : `from ${placeOf(explanation)}`
  return [
    `${bold(printable(path))} = ${printableValue(value)}`,
    ...(source !== undefined || isDefault ? [`  ${origin}`] : []),
    ...overrides.map((given) => `  ${dim('overrides')} ${printableValue(given.value)} from ${placeOf(given)}`),
    ...(pinnedByEnvironment ? [`  ${yellow('set by the environment: no update of a source has an effect')}`] : []),
  ].join('\n')
}

/** `volume:/etc/config app.yaml:2:8`, with a path below the current folder as it was written. */
function placeOf({ source, ...place }: Pick<Issue, 'source' | 'file' | 'line' | 'column'>): string {
  const short = source?.replace(`:${process.cwd()}${sep}`, ':')
  return printable([short, describePlace(place)].filter(Boolean).join(' '))
}
