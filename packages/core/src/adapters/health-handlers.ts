import type { HotConfig } from '../hot-config.js'
import { readOptions } from '../errors/option-checks.js'
import { answerReadHealth, textOfAnswer } from './answer-health.js'
import { HOT_CONFIG } from './adapter.js'
import { healthTable } from './health-option.js'
import type { Health, HealthOptions, HealthRequest } from './health-option.js'
import { HealthPath } from './health-path.js'

/** A request of Node's `http` and `http2`, and of all frameworks that extend it. */
export interface NodeHealthRequest extends HealthRequest {
  readonly method?: string | undefined
}

/** A response of Node's `http` and `http2`. */
export interface NodeHealthResponse {
  readonly headersSent?: boolean | undefined
  readonly destroyed?: boolean | undefined
  writeHead(statusCode: number, headers: Record<string, string>): unknown
  end(text: string): unknown
}

/**
 * Makes a function that answers web requests for the health report, for Hono, Next.js route handlers and everything else
 * that has `Request` and `Response`. What is no GET or HEAD of `path` gets 404.
 *
 * @example
 * app.get('/config/health', ({ req }) => health(req.raw))
 *
 * @throws {OptionError} for unknown or invalid options
 */
export function healthHandler(
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the type of its value
  config: HotConfig<any>,
  options: HealthOptions<Request> = {},
): (request: Request) => Promise<Response> {
  const health = readHealth<Request>(config, options)
  const path = new HealthPath(health.path)
  return async (request) => {
    const { method, url, headers: asked } = request
    if (!path.isReadBy({ method, url })) return notFound()
    const accept = asked.get('accept') ?? undefined
    const found = await answerReadHealth(config, health, request, { headers: { accept }, url })
    const { text, headers } = textOfAnswer(found)
    return new Response(method === 'HEAD' ? null : text, { status: found.statusCode, headers })
  }
}

/**
 * Makes a function that answers Node's requests for the health report: for bare `http` and `http2` servers, Koa, and
 * everything else that has Node's request and response.
 *
 * @example
 * createServer((req, res) => {
 *   if (health(req, res)) return
 *   res.end(config.current.greeting)
 * })
 *
 * @returns a function that returns whether it answers the request. What is no GET or HEAD of `path` is left alone
 * @throws {OptionError} for unknown or invalid options
 */
export function nodeHealthHandler<R extends NodeHealthRequest = NodeHealthRequest>(
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the type of its value
  config: HotConfig<any>,
  options: HealthOptions<R> = {},
): (req: R, res: NodeHealthResponse) => boolean {
  const health = readHealth<R>(config, options)
  const path = new HealthPath(health.path)
  return (req, res) => {
    if (!path.isReadBy(req)) return false
    sendHealth(config, health, req, res).catch(() => {
      if (isAnswered(res)) return
      res.writeHead(500, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
      res.end('Internal Server Error')
    })
    return true
  }
}

/** The part of a response of Node that says whether it can still be answered. */
export type Answerable = Pick<NodeHealthResponse, 'headersSent' | 'destroyed'>

/**
 * Whether other code has answered a request, such as a time limit of the app, or the client is gone. Another answer
 * would throw, and what handles that error could cut off the answer that is being sent.
 */
export function isAnswered({ headersSent = false, destroyed = false }: Answerable): boolean {
  return headersSent || destroyed
}

/** Answers a request of Node for the health report, without the ETag that some frameworks would add, unless it is answered. */
export async function sendHealth<R extends HealthRequest>(
  config: HotConfig<unknown>,
  health: Health<R>,
  req: R,
  res: NodeHealthResponse,
): Promise<void> {
  const found = await answerReadHealth(config, health, req, req)
  if (isAnswered(res)) return
  const { text, headers } = textOfAnswer(found)
  res.writeHead(found.statusCode, headers)
  res.end(text)
}

function readHealth<R>(config: unknown, options: unknown): Health<R> {
  HOT_CONFIG.required(config, 'config')
  return readOptions(options, healthTable()) as Health<R>
}

function notFound(): Response {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
  return new Response('Not Found', { status: 404, headers })
}
