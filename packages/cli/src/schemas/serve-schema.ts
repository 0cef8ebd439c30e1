import type { Schema } from '@hot-config/core'
import { coveredBySchema, formWithoutSecrets, messageOf } from '@hot-config/core/internal'

import { writeCompiledCode } from '../compile-cache.js'
import { readInput } from '../manifests/read-input.js'
import { outlineOf } from '../schema/outline.js'
import { UsageError } from '../usage-error.js'
import { beforeInManifests } from '../validate/before.js'
import type { Report } from '../validate/finding.js'
import { validate } from '../validate/validate.js'
import { explain } from './explain.js'
import { loadCore, loadSchema } from './load-schema.js'
import type { Core } from './load-schema.js'
import type {
  Content,
  DescribeResult,
  Message,
  PipelineOptions,
  ReportRequest,
  Request,
  ValidateResult,
} from './messages.js'
import { Pipeline } from './pipeline.js'
import { jsonFormOf } from './schema-form.js'
import type { SchemaRunner } from './schema-runner.js'

/** How long results are collected, in milliseconds. Each message starts the time limit of the next result. */
const SEND_MS = 50

/** How a service reads its sources without any option. */
const DEFAULTS: PipelineOptions = {
  redact: [],
  restartRequired: [],
  unknown: 'warn',
  emptied: 'reject',
  ignore: [],
  formats: {},
}

const [, , file = ''] = process.argv
// convict reads the arguments of the process
process.argv.length = 2

const loaded = Promise.all([loadSchema(file), loadCore(file)])
loaded.then(
  () => send({ type: 'answers', answers: [true] }),
  (error: unknown) => send(failure(error)),
)

let pipeline: Pipeline | undefined
let isCodeWritten = false
let last: Promise<void> = Promise.resolve()
process.on('message', (request: Request) => {
  last = last.then(() => answer(request))
})
process.once('disconnect', () => process.exit())

async function answer(request: Request): Promise<void> {
  try {
    for await (const answers of answersTo(request)) {
      // before the last answer, after which the process may be killed
      if (!isCodeWritten) writeCompiledCode()
      isCodeWritten = true
      send({ type: 'answers', answers })
    }
  } catch (error) {
    send(error instanceof UsageError ? { type: 'usage', message: error.message } : failure(error))
  }
}

async function* answersTo(request: Request): AsyncGenerator<unknown[]> {
  const [schema, core] = await loaded
  if (request.type === 'describe') yield [await describe(schema, core)]
  else if (request.type === 'explain') yield [await explain(core, schema, request)]
  else if (request.type === 'report') yield [await report(request, schema, core)]
  else yield* resultsOf(request.contents, request.options, schema, core)
}

async function* resultsOf(
  contents: readonly Content[],
  options: PipelineOptions,
  schema: Schema,
  core: Core,
): AsyncGenerator<ValidateResult[]> {
  // the options of all requests are the same
  pipeline ??= await Pipeline.create(core, schema, options)
  let results: ValidateResult[] = []
  let sentAt = performance.now()
  for (const content of contents) {
    results.push(await pipeline.validate(content))
    if (performance.now() - sentAt < SEND_MS) continue
    yield results
    results = []
    sentAt = performance.now()
  }
  yield results
}

/** Validates all manifests of a command, by the schema of this process. */
async function report(request: ReportRequest, schema: Schema, core: Core): Promise<Report> {
  const { inputs, against, streams, schemas, names, pipeline: options } = request
  let sentAt = performance.now()
  const goesOn = (): void => {
    if (performance.now() - sentAt < SEND_MS) return
    sentAt = performance.now()
    send({ type: 'answers', answers: [] })
  }
  const runner: SchemaRunner = {
    async validate(contents) {
      const all: ValidateResult[] = []
      for await (const results of resultsOf(contents, options, schema, core)) {
        all.push(...results)
        goesOn()
      }
      return all
    },
    [Symbol.dispose]: () => undefined,
  }
  return validate({
    read: () => readInput(inputs, streams),
    ...(against !== undefined && {
      before: async () => beforeInManifests(await readInput([against], streams), against, goesOn),
    }),
    schemas,
    names,
    pipeline: options,
    open: () => runner,
    goesOn,
  })
}

async function describe(schema: Schema, core: Core): Promise<DescribeResult> {
  // a form of a schema that no service accepts would mislead
  await Pipeline.create(core, schema, DEFAULTS)
  const form = jsonFormOf(schema)
  const covered = coveredBySchema(schema, form)
  return { form: formWithoutSecrets(form, covered), outline: outlineOf(form, covered) }
}

/** In one line. The error of a schema whose module starts a service lists several problems. */
function failure(error: unknown): Message {
  const lines = messageOf(error).split('\n')
  return { type: 'failed', message: lines.map((line) => line.trim()).join(' ') }
}

function send(message: Message): void {
  process.send?.(message)
}
