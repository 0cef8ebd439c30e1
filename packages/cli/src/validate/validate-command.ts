import type { Cluster } from '../cluster/cluster.js'
import { colorsFor } from '../colors.js'
import { STDIN, readInput } from '../manifests/read-input.js'
import { print } from '../output.js'
import { pipelineOptionsOf } from '../pipeline-options.js'
import type { PipelineFlags } from '../pipeline-options.js'
import { parseSchemaChoices } from '../schemas/schema-choice.js'
import { EXIT, UsageError } from '../usage-error.js'
import { beforeInCluster, beforeInManifests } from './before.js'
import type { Report } from './finding.js'
import { formatReport } from './format-report.js'
import type { ReportFormat } from './format-report.js'
import { validate } from './validate.js'
import type { ValidateOptions } from './validate.js'

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
  const { against, againstCluster, context } = options
  if (against === STDIN && inputs.includes(STDIN)) {
    throw new UsageError('standard input is both the manifests and --against: write one of them to a file')
  }
  // imported when it is needed: with HTTP, Node loads much that most validations don't need
  const { openCluster } = againstCluster ? await import('../cluster/open-cluster.js') : {}
  using cluster = await openCluster?.(context)
  const report = await validate({
    read: () => readInput(inputs),
    schemas: parseSchemaChoices(options.schema),
    names: options.name ?? [],
    schemaTimeoutMs: options.schemaTimeout,
    pipeline: pipelineOptionsOf(options),
    before: beforeOf(options, cluster),
  })
  await print(formatReport(report, options.json ? 'json' : options.format, colorsFor(process.stdout)))
  return exitCodeOf(report, options.strict === true)
}

function beforeOf({ against, namespace }: Options, cluster: Cluster | undefined): ValidateOptions['before'] {
  if (cluster) return async () => beforeInCluster(cluster, namespace)
  return against === undefined ? undefined : async () => beforeInManifests(await readInput([against]), against)
}

function exitCodeOf({ findings }: Report, isStrict: boolean): number {
  const isProblem = findings.some(({ level }) => level === 'error' || (isStrict && level === 'warning'))
  return isProblem ? EXIT.problems : EXIT.ok
}
