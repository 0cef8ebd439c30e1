/**
 * The process that loads one schema, which is code of the user: it may hang, exit or print. It answers requests of
 * `SchemaProcess` in order.
 */
import { explain } from './explain.js'
import { loadCore, loadSchema } from './load-schema.js'
import type { Message, Request } from './messages.js'
import { Pipeline } from './pipeline.js'
import { jsonFormOf } from './schema-form.js'

const [, , file = ''] = process.argv
// convict reads the arguments of the process
process.argv.length = 2

const loaded = Promise.all([loadSchema(file), loadCore(file)])
loaded.then(
  () => send({ type: 'loaded' }),
  (error: unknown) => send({ type: 'failed', message: messageOf(error) }),
)

let pipeline: Promise<Pipeline> | undefined
let last: Promise<void> = Promise.resolve()
process.on('message', (request: Request) => {
  last = last.then(() => answer(request))
})
process.once('disconnect', () => process.exit())

async function answer(request: Request): Promise<void> {
  try {
    if (request.type === 'describe') {
      const [schema] = await loaded
      send({ type: 'result', result: jsonFormOf(schema) })
      return
    }
    if (request.type === 'explain') {
      const [schema, core] = await loaded
      send({ type: 'result', result: await explain(core, schema, request) })
      return
    }
    // the options of all requests are the same
    pipeline ??= loaded.then(([schema, core]) => Pipeline.create(core, schema, request.options))
    send({ type: 'result', result: await (await pipeline).validate(request) })
  } catch (error) {
    send({ type: 'failed', message: messageOf(error) })
  }
}

function send(message: Message): void {
  process.send?.(message)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
