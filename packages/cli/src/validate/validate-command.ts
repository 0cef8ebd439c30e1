import { colorsFor } from '../colors.js'
import { STDIN, readStreams } from '../manifests/read-input.js'
import { print } from '../output.js'
import { pipelineOptionsOf } from '../pipeline-options.js'
import type { PipelineFlags } from '../pipeline-options.js'
import { parseSchemaChoices } from '../schemas/schema-choice.js'
import { SchemaProcess } from '../schemas/schema-process-client.js'
import { EXIT, UsageError } from '../usage-error.js'
import type { Report } from './finding.js'
import { formatReport } from './format-report.js'
import type { ReportFormat } from './format-report.js'

/** The options of `hot-config validate`, as the parser of arguments returns them. */
interface Options extends PipelineFlags {
  readonly schema: readonly string[]
  readonly name?: readonly string[]
  readonly against?: string
  readonly againstCluster?: boolean
  readonly namespace?: string
  readonly context?: string
  readonly format: ReportFormat
  readonly json?: boolean
  readonly strict?: boolean
  readonly schemaTimeout: number
}

/** @returns the exit code */
export async function runValidate(inputs: readonly string[], given: object): Promise<number> {
  const options = given as Options
  const { against } = options
  if (against === STDIN && inputs.includes(STDIN)) {
    throw new UsageError('standard input is both the manifests and --against: write one of them to a file')
  }
  const report = await reportOn(inputs, options)
  await print(formatReport(report, options.json ? 'json' : options.format, colorsFor(process.stdout)))
  return exitCodeOf(report, options.strict === true)
}

async function reportOn(inputs: readonly string[], options: Options): Promise<Report> {
  const { name: names = [], against, againstCluster, context, namespace, schemaTimeout } = options
  const schemas = parseSchemaChoices(options.schema)
  const pipeline = pipelineOptionsOf(options)
  const [file = '', ...others] = new Set(schemas.map((choice) => choice.file))
  if (!againstCluster && others.length === 0) {
    using running = await SchemaProcess.start(file, schemaTimeout)
    const streams = await readStreams([...inputs, against])
    return await running.report({ type: 'report', inputs, against, streams, schemas, names, pipeline })
  }
  // imported when it is needed, as most validations end above
  const { validateHere } = await import('./validate-here.js')
  const cluster = againstCluster ? { context, namespace } : undefined
  return validateHere({ inputs, against, cluster, schemas, names, pipeline, schemaTimeoutMs: schemaTimeout })
}

function exitCodeOf({ findings }: Report, isStrict: boolean): number {
  const isProblem = findings.some(({ level }) => level === 'error' || (isStrict && level === 'warning'))
  return isProblem ? EXIT.problems : EXIT.ok
}
