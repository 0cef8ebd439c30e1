import type { Issue } from '@hot-config/core'

import { configObjectOf, isConfigObject, placeOf } from '../manifests/config-object.js'
import type { ConfigObject } from '../manifests/config-object.js'
import { objectsIn } from '../manifests/objects.js'
import type { ManifestProblem } from '../manifests/objects.js'
import { readInput } from '../manifests/read-input.js'
import { workloadOf } from '../manifests/workloads.js'
import type { Workload } from '../manifests/workloads.js'
import { chooseTargets } from '../schemas/schema-choice.js'
import type { SchemaChoice, Target } from '../schemas/schema-choice.js'
import type { PipelineOptions, SourceContent, ValidateResult } from '../schemas/messages.js'
import { SchemaProcess } from '../schemas/schema-process-client.js'
import type { Finding, ObjectChange, ObjectPlace, Report } from './finding.js'
import { labelOf, pinnedFindings, usersOf, workloadFindings } from './workload-findings.js'

export interface ValidateOptions {
  readonly inputs: readonly string[]
  readonly schemas: readonly SchemaChoice[]
  /** The objects to validate. Default: all. */
  readonly names: readonly string[]
  /** The manifests before the change. */
  readonly against?: string
  readonly schemaTimeoutMs: number
  readonly pipeline: PipelineOptions
}

/** The ConfigMaps, Secrets and workloads of manifests. */
interface Input {
  readonly objects: readonly ConfigObject[]
  readonly workloads: readonly Workload[]
  readonly findings: readonly Finding[]
}

/** Validates the ConfigMaps and Secrets of manifests. @throws {UsageError} when that can't be done */
export async function validate(options: ValidateOptions): Promise<Report> {
  const { schemas, names, against, schemaTimeoutMs } = options
  const files = new Set(schemas.map(({ file }) => file))
  const running = new Map<string, SchemaProcess>()
  try {
    // they load while the manifests are parsed
    for (const file of files) running.set(file, SchemaProcess.spawn(file, schemaTimeoutMs))
    const [input, before] = await Promise.all([
      inputOf(options.inputs),
      against === undefined ? undefined : inputOf([against]),
    ])
    // A manifest that can't be parsed may have the objects that are missing.
    if (input.objects.length === 0 && input.findings.length > 0) return { objects: 0, findings: input.findings }
    const targets = chooseTargets(input.objects, schemas, names)
    const reports = await Promise.all(
      Array.from(running, ([file, schema]) => {
        const ofSchema = targets.filter((target) => target.schema === file)
        return validateTargets(schema, ofSchema, input, before, options.pipeline)
      }),
    )
    const findings = [...input.findings, ...(before?.findings ?? []), ...reports.flatMap((report) => report.findings)]
    const unique = Array.from(new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values())
    const count = new Set(targets.flatMap((target) => target.objects)).size
    const changes = reports.flatMap((report) => report.changes)
    return { objects: count, findings: inOrder(unique), ...(before && { changes }) }
  } finally {
    for (const schema of running.values()) schema[Symbol.dispose]()
  }
}

/** Validates the objects of one schema. */
async function validateTargets(
  schema: SchemaProcess,
  targets: readonly Target[],
  input: Input,
  before: Input | undefined,
  options: PipelineOptions,
): Promise<{ readonly findings: readonly Finding[]; readonly changes: readonly ObjectChange[] }> {
  const usersByTarget = targets.map(({ objects }) => usersOf(objects, input.workloads))
  const contents = targets.map(({ objects }, index) => {
    const old = before && oldOf(objects, before.objects)
    return {
      sources: objects.map(contentOf),
      ...(old && { before: old.map(contentOf) }),
      variables: usersByTarget[index]?.flatMap(({ variables }) => variables) ?? [],
    }
  })
  const results = await schema.validate(contents, options)
  const findings: Finding[] = []
  const changes: ObjectChange[] = []
  for (const [index, { objects }] of targets.entries()) {
    const [result, users = []] = [results[index] as ValidateResult, usersByTarget[index]]
    findings.push(...resultFindings(objects, result))
    findings.push(...objects.flatMap((object) => workloadFindings(object, input.workloads)))
    findings.push(...pinnedFindings(users, result.pinned, (path) => placeOfPath(objects, result, path)))
    for (const change of result.changes ?? []) {
      changes.push({ ...placeOfPath(objects, result, change.path), ...change })
    }
  }
  return { findings, changes }
}

async function inputOf(paths: readonly string[]): Promise<Input> {
  const { objects, problems } = objectsIn(await readInput(paths))
  const read = objects.filter(isConfigObject).map(configObjectOf)
  const all = [...problems, ...read.flatMap((each) => each.problems)]
  return {
    objects: read.map(({ object }) => object),
    workloads: objects.map(workloadOf).filter((workload) => workload !== undefined),
    findings: all.map((problem: ManifestProblem) => ({ level: 'error', rule: 'manifest', ...problem })),
  }
}

function contentOf(object: ConfigObject): SourceContent {
  const keys = object.keys.map(({ key, bytes }) => ({ key, bytes }))
  return { name: labelOf(object), keys, isSecret: object.kind === 'Secret' }
}

/** The same objects before. `undefined` when one of them is new. */
function oldOf(objects: readonly ConfigObject[], before: readonly ConfigObject[]): ConfigObject[] | undefined {
  const found = objects.map((object) =>
    before.find(({ kind, name, namespace }) => {
      return kind === object.kind && name === object.name && namespace === object.namespace
    }),
  )
  return found.every((object) => object !== undefined) ? found : undefined
}

function resultFindings(objects: Target['objects'], result: ValidateResult): Finding[] {
  const { issues, warnings, pendingRestart } = result
  return [
    ...issues.map((issue) => findingOf(objects, issue, 'error', ruleOf(issue))),
    ...warnings.map((warning) => findingOf(objects, warning, 'warning', 'content')),
    ...pendingRestart.map((path) => ({
      ...placeOfPath(objects, result, path),
      level: 'warning' as const,
      rule: 'restart-required',
      path,
      message: 'changes only with a restart of the pods',
    })),
  ]
}

/** `HOT_CONFIG_SCHEMA` as `schema` */
function ruleOf({ code }: Issue): string {
  return code.replace('HOT_CONFIG_', '').toLowerCase()
}

/** Finds the place of a path in the manifests. */
function placeOfPath(objects: readonly ConfigObject[], { places }: ValidateResult, path: string): ObjectPlace {
  const issue = places.find((place) => place.path === path) ?? { message: '' }
  const { file, line, column, object, key } = findingOf(objects, issue, 'note', '')
  return { file, line, column, object, ...(key !== undefined && { key }) }
}

/** Finds the place in the manifest of an issue of core. */
function findingOf(
  objects: readonly ConfigObject[],
  issue: Omit<Issue, 'code'>,
  level: Finding['level'],
  rule: string,
): Finding & ObjectPlace {
  const object = (objects.find((each) => labelOf(each) === issue.source) ?? objects[0]) as ConfigObject
  // a warning about several keys names all of them
  const names = issue.file?.split(', ') ?? []
  const key = object.keys.find((each) => each.key === names.at(-1))?.key
  const { line, column, path, message } = issue
  const place = {
    ...(key !== undefined && { key }),
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
  }
  return {
    level,
    rule,
    file: object.manifest.file,
    ...placeOf(object, place),
    object: labelOf(object),
    ...(key !== undefined && { key }),
    ...(path !== undefined && { path }),
    message: names.length > 1 ? `${names.join(', ')} ${message}` : message,
  }
}

function inOrder(findings: readonly Finding[]): Finding[] {
  const files = new Map(Array.from(new Set(findings.map(({ file }) => file)), (file, index) => [file, index]))
  return findings.toSorted(
    (a, b) =>
      (files.get(a.file) ?? 0) - (files.get(b.file) ?? 0) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  )
}
