import type { FastifySchema } from 'fastify'

const text = { type: 'string' } as const
const textOrNull = { type: 'string', nullable: true } as const
const count = { type: 'integer' } as const
const texts = { type: 'array', items: text } as const

const report = {
  type: 'object',
  properties: {
    status: { type: 'string', enum: ['pass', 'warn', 'fail'] },
    version: count,
    digest: textOrNull,
    loadedAt: textOrNull,
    servedFrom: textOrNull,
    savedAt: textOrNull,
    checkedAt: textOrNull,
    lastRejection: {
      type: 'object',
      nullable: true,
      properties: {
        at: text,
        source: textOrNull,
        message: text,
        retryAt: text,
        issues: {
          type: 'array',
          items: {
            type: 'object',
            properties: { source: text, file: text, line: count, column: count, path: text, message: text },
          },
        },
      },
    },
    pending: { type: 'object', nullable: true, properties: { since: text, until: textOrNull } },
    pendingRestart: texts,
    canary: {
      type: 'object',
      nullable: true,
      properties: { share: { type: 'number' }, chosen: { type: 'boolean' }, state: text, digest: textOrNull },
    },
    guard: { type: 'object', nullable: true, properties: { state: text, until: textOrNull } },
    pinnedByEnvironment: texts,
    reloads: { type: 'object', properties: { changed: count, unchanged: count, rejected: count } },
    listenerErrors: count,
    sources: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: text,
          revision: textOrNull,
          watching: text,
          updatable: { type: 'boolean' },
          warnings: texts,
        },
      },
    },
  },
} as const

/** The answer to requests that accept `text/html`, when the page is enabled. */
const page = { 'text/html': { schema: text } } as const

const response = (description: string, hasPage: boolean): object => ({
  description,
  content: { 'application/health+json': { schema: report }, ...(hasPage && page) },
})

/** The schema of the route: Fastify serializes the report with it, and generators of API descriptions read it. */
export function healthSchema(hasPage: boolean): FastifySchema & { readonly summary: string } {
  return {
    summary: 'What configuration this process runs',
    response: {
      200: response('The last good configuration serves; `warn` when the last update was rejected', hasPage),
      503: response('There is no valid configuration yet', hasPage),
    },
  }
}
