import type { Issue } from '@hot-config/core'

import { placeOf } from '../manifests/config-object.js'
import type { ConfigObject } from '../manifests/config-object.js'
import type { ManifestText } from '../manifests/node.js'
import type { Workload } from '../manifests/workloads.js'
import { describeUnknownPath } from '../schemas/describe-unknown-path.js'
import { chooseTargets } from '../schemas/schema-choice.js'
import type { SchemaChoice, Target } from '../schemas/schema-choice.js'
import type { PipelineOptions, ValidateResult } from '../schemas/messages.js'
import type { SchemaRunner } from '../schemas/schema-runner.js'
import { heldBy } from './before.js'
import type { Before, HeldObjects } from './before.js'
import type { Finding, ObjectChange, ObjectPlace, Report } from './finding.js'
import { UsageError } from '../usage-error.js'
import { contentOf, inputIn } from './validate-input.js'
import type { ValidateInput } from './validate-input.js'
import { labelOf, noteOnPinned, pinnedFindings, usersOf, workloadFindings } from './workload-findings.js'

/** The rule of a path of an option that neither the schema nor the content has. */
const UNKNOWN_PATH = 'unknown-path'

export interface ValidateOptions {
  readonly read: () => Promise<readonly ManifestText[]>
  readonly schemas: readonly SchemaChoice[]
  /** The objects to validate. Default: all. */
  readonly names: readonly string[]
  /** The content before the change. */
  readonly before?: (() => Promise<Before>) | undefined
  /** Starts to load a schema. @throws {UsageError} when it does not exist */
  readonly open: (file: string) => SchemaRunner
  /** Called for each manifest that is parsed, which can take long. */
  readonly goesOn?: () => void
  readonly pipeline: PipelineOptions
}

/** Validates the ConfigMaps and Secrets of manifests. @throws {UsageError} when that can't be done */
export async function validate(options: ValidateOptions): Promise<Report> {
  const { schemas, names } = options
  const running = new Map<string, SchemaRunner>()
  try {
    // they load while the manifests are parsed
    for (const file of new Set(schemas.map((choice) => choice.file))) {
      running.set(file, options.open(file))
    }
    const [manifests, before] = await Promise.all([options.read(), options.before?.()])
    const input = inputIn(manifests, options.goesOn)
    // A manifest that can't be parsed may have the objects that are missing.
    if (input.objects.length === 0 && input.findings.length > 0) return { objects: 0, findings: input.findings }
    if (manifests.every(({ text }) => text.trim() === '')) {
      const files = manifests.map(({ file }) => file)
      throw new UsageError(`${files.join(', ')} ${files.length === 1 ? 'is' : 'are'} empty`)
    }
    const targets = chooseTargets(input.objects, schemas, names)
    const findings = [...input.findings, ...(before?.findings ?? [])]
    const changes: ObjectChange[] = []
    let omittedChanges = 0
    for (const [file, schema] of running) {
      const ofSchema = targets.filter((target) => target.schema === file)
      const found = await validateTargets(schema, ofSchema, input, before, options.pipeline)
      findings.push(...found.findings)
      changes.push(...found.changes)
      omittedChanges += found.omittedChanges
    }
    const unique = Array.from(new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values())
    const count = new Set(targets.flatMap((target) => target.objects)).size
    // a misspelt path of a secret hides nothing in the changes
    const isShown = before && !unique.some(({ rule, level }) => rule === UNKNOWN_PATH && level === 'error')
    return { objects: count, findings: inOrder(unique), ...(isShown && { changes, omittedChanges }) }
  } finally {
    for (const schema of running.values()) schema[Symbol.dispose]()
  }
}

/** Validates the objects of one schema. */
async function validateTargets(
  schema: SchemaRunner,
  targets: readonly Target[],
  { workloads }: ValidateInput,
  before: Before | undefined,
  options: PipelineOptions,
): Promise<{
  readonly findings: readonly Finding[]
  readonly changes: readonly ObjectChange[]
  readonly omittedChanges: number
}> {
  const asked: (Target & { readonly users: readonly Workload[]; readonly held: HeldObjects | undefined })[] = []
  for (const target of targets) {
    const { objects } = target
    asked.push({ ...target, users: usersOf(objects, workloads), held: before && (await heldBy(objects, before)) })
  }
  const contents = asked.map(({ objects, users, held }) => ({
    sources: objects.map(contentOf),
    ...(held?.contents && { before: held.contents }),
    variables: users.flatMap(({ variables }) => variables),
  }))
  const results = await schema.validate(contents, options)
  const findings: Finding[] = []
  const changes: ObjectChange[] = []
  let omittedChanges = 0
  // of a thousand objects that the same is said of, only the first has it
  const noted = new Set<string>()
  for (const [index, { objects, users, held }] of asked.entries()) {
    const result = results[index] as ValidateResult
    findings.push(...resultFindings(objects, result), ...(held?.findings ?? []))
    findings.push(...objects.flatMap((object) => workloadFindings(object, workloads)))
    findings.push(...pinnedFindings(users, result.pinned, (path) => placeOfPath(objects, result, path)))
    const note = noteOnPinned(users, result.pinned)
    if (result.isBeforeInvalid) {
      const message = 'what changes is not shown, because the content before is not valid'
      findings.push({ ...placeOfPath(objects, result, ''), level: 'note', rule: 'before', message })
    }
    const general = [
      ...result.unknownPaths.map((unknown) => ({
        level: unknown.isMistake ? ('error' as const) : ('warning' as const),
        rule: UNKNOWN_PATH,
        message: describeUnknownPath(unknown),
      })),
      ...(note === undefined ? [] : [{ level: 'note' as const, rule: 'pinned', message: note }]),
    ]
    for (const finding of general.filter(({ message }) => !noted.has(message))) {
      noted.add(finding.message)
      findings.push({ ...placeOfPath(objects, result, ''), ...finding })
    }
    omittedChanges += result.omittedChanges ?? 0
    for (const change of result.changes ?? []) {
      changes.push({ ...placeOfPath(objects, result, change.path), ...change })
    }
  }
  return { findings, changes, omittedChanges }
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
