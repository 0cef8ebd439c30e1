/**
 * The process that loads one schema, which is code of the user: it may hang, exit or print. It answers requests of
 * `SchemaProcess` in order.
 */
import type { Schema } from '@hot-config/core'
import { coveredBySchema, messageOf } from '@hot-config/core/internal'

import { outlineOf } from '../schema/outline.js'
import { explain } from './explain.js'
import { loadCore, loadSchema } from './load-schema.js'
import type { DescribeResult, Message, Request } from './messages.js'
import { Pipeline } from './pipeline.js'
import { jsonFormOf } from './schema-form.js'

const [, , file = ''] = process.argv
// convict reads the arguments of the process
process.argv.length = 2

const loaded = Promise.all([loadSchema(file), loadCore(file)])
loaded.then(
  () => send({ type: 'loaded' }),
  (error: unknown) => send(failure(error)),
)

let pipeline: Pipeline | undefined
let last: Promise<void> = Promise.resolve()
process.on('message', (request: Request) => {
  last = last.then(() => answer(request))
})
process.once('disconnect', () => process.exit())

async function answer(request: Request): Promise<void> {
  try {
    send({ type: 'result', result: await resultOf(request) })
  } catch (error) {
    send(failure(error))
  }
}

async function resultOf(request: Request): Promise<unknown> {
  const [schema, core] = await loaded
  if (request.type === 'describe') return describe(schema)
  if (request.type === 'explain') return explain(core, schema, request)
  // the options of all requests are the same
  pipeline ??= new Pipeline(core, schema, request.options)
  return pipeline.validate(request)
}

function describe(schema: Schema): DescribeResult {
  const form = jsonFormOf(schema)
  return { form, outline: outlineOf(form, coveredBySchema(schema, form)) }
}

/** In one line. The error of a schema whose module starts a service lists several problems. */
function failure(error: unknown): Message {
  const lines = messageOf(error).split('\n')
  return { type: 'failed', message: lines.map((line) => line.trim()).join(' ') }
}

function send(message: Message): void {
  process.send?.(message)
}
