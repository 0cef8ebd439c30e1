import type { FormatName, UnknownPolicy } from '@hot-config/core'

import { colorsFor } from '../colors.js'
import { print } from '../output.js'
import { parseSchemaChoice } from '../schemas/schema-choice.js'
import { EXIT, UsageError } from '../usage-error.js'
import type { Report } from './finding.js'
import { formatReport } from './format-report.js'
import type { ReportFormat } from './format-report.js'
import { validate } from './validate.js'

/** The options of `hot-config validate`, as the parser of arguments returns them. */
interface Options {
  readonly schema: readonly string[]
  readonly name?: readonly string[]
  readonly against?: string
  readonly restartRequired?: readonly string[]
  readonly redact?: readonly string[]
  readonly unknown: UnknownPolicy
  readonly keys?: readonly string[]
  readonly ignore?: readonly string[]
  readonly readAs?: readonly string[]
  readonly format: ReportFormat
  readonly json?: boolean
  readonly strict?: boolean
  readonly schemaTimeout: number
}

const FORMATS: ReadonlySet<string> = new Set(['json', 'yaml', 'toml', 'dotenv', 'properties', 'ini', 'text'])

/** @returns the exit code */
export async function runValidate(inputs: readonly string[], given: object): Promise<number> {
  const options = given as Options
  const { keys, against } = options
  const report = await validate({
    inputs,
    schemas: options.schema.map(parseSchemaChoice),
    names: options.name ?? [],
    ...(against !== undefined && { against }),
    schemaTimeoutMs: options.schemaTimeout,
    pipeline: {
      redact: options.redact ?? [],
      restartRequired: options.restartRequired ?? [],
      unknown: options.unknown,
      ...(keys && { keys }),
      ignore: options.ignore ?? [],
      formats: formatsOf(options.readAs ?? []),
    },
  })
  await print(formatReport(report, options.json ? 'json' : options.format, colorsFor(process.stdout)))
  return exitCodeOf(report, options.strict === true)
}

function formatsOf(texts: readonly string[]): Record<string, FormatName> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, glob = '', format = ''] = /^(.+)=(\w+)$/.exec(text) ?? []
      if (FORMATS.has(format)) return [glob, format as FormatName]
      throw new UsageError(`--read-as ${text}: expected GLOB=FORMAT, with one of ${[...FORMATS].join(', ')}`)
    }),
  )
}

function exitCodeOf({ findings }: Report, isStrict: boolean): number {
  const isProblem = findings.some(({ level }) => level === 'error' || (isStrict && level === 'warning'))
  return isProblem ? EXIT.problems : EXIT.ok
}
