import { sep } from 'node:path'

import type { Explanation, Issue } from '@hot-config/core'
import { describePlace } from '@hot-config/core/internal'

import { colorsFor } from '../colors.js'
import type { Colors } from '../colors.js'
import { print } from '../output.js'
import { printable, printableValue } from '../printable.js'
import { SchemaProcess } from '../schemas/schema-process-client.js'
import { problemOfSource } from '../schemas/source-text.js'
import { EXIT, UsageError } from '../usage-error.js'

/** The options of `hot-config explain`, as the parser of arguments returns them. */
interface Options {
  readonly schema: string
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
  using running = await SchemaProcess.start(schema, schemaTimeout)
  const result = await running.explain({ type: 'explain', path, sources, redact })
  const colors = colorsFor(process.stdout)
  if ('issues' in result) {
    await print(json ? JSON.stringify(result, null, 2) : formatIssues(result.issues, colors))
    return EXIT.problems
  }
  const { explanation } = result
  await print(json ? JSON.stringify(explanation, null, 2) : formatExplanation(explanation, colors))
  return explanation.value === undefined ? EXIT.problems : EXIT.ok
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
  const { path, value, overrides, isDefault, pinnedByEnvironment, source } = explanation
  if (value === undefined) return `${printable(path)}: ${yellow('no source and no default of the schema has a value')}`
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
