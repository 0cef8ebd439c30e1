import { colorsFor } from '../colors.js'
import { print } from '../output.js'
import { pipelineOptionsOf } from '../pipeline-options.js'
import type { PipelineFlags } from '../pipeline-options.js'
import { parseSchemaChoice } from '../schemas/schema-choice.js'
import { EXIT } from '../usage-error.js'
import type { Report } from './finding.js'
import { formatReport } from './format-report.js'
import type { ReportFormat } from './format-report.js'
import { validate } from './validate.js'

/** The options of `hot-config validate`, as the parser of arguments returns them. */
interface Options extends PipelineFlags {
  readonly schema: readonly string[]
  readonly name?: readonly string[]
  readonly against?: string
  readonly format: ReportFormat
  readonly json?: boolean
  readonly strict?: boolean
  readonly schemaTimeout: number
}

/** @returns the exit code */
export async function runValidate(inputs: readonly string[], given: object): Promise<number> {
  const options = given as Options
  const { against } = options
  const report = await validate({
    inputs,
    schemas: options.schema.map(parseSchemaChoice),
    names: options.name ?? [],
    ...(against !== undefined && { against }),
    schemaTimeoutMs: options.schemaTimeout,
    pipeline: pipelineOptionsOf(options),
  })
  await print(formatReport(report, options.json ? 'json' : options.format, colorsFor(process.stdout)))
  return exitCodeOf(report, options.strict === true)
}

function exitCodeOf({ findings }: Report, isStrict: boolean): number {
  const isProblem = findings.some(({ level }) => level === 'error' || (isStrict && level === 'warning'))
  return isProblem ? EXIT.problems : EXIT.ok
}
