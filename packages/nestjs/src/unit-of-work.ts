import { sharedState } from '@hot-config/core/internal'
import type { ExecutionContext } from '@nestjs/common'

import { messageHere } from './message-units.js'

/** The units of GraphQL operations, by an object that the engine creates for each execution. */
const operations = sharedState('nestjs-operations', () => new WeakMap<object, object>())

/** The unit of the handlers whose parameters are read now, before anything else runs. */
let now: object | undefined

/**
 * Returns the unit of work that a handler belongs to, which reads one snapshot: an HTTP request, a GraphQL operation or a
 * message.
 */
export function unitOf(context: ExecutionContext): object {
  const type: string = context.getType()
  // The same as `switchToHttp().getRequest()`, which would create three functions for each request.
  if (type === 'http') return context.getArgByIndex<object>(0)
  return (type === 'graphql' && operationOf(context)) || messageHere() || thisInstant()
}

/**
 * If all configurations have names, a message is not a unit of work, and Nest has no object for it. But Nest reads all
 * parameters of a handler before anything else runs, so those that are read at the same instant belong to one unit.
 */
function thisInstant(): object {
  if (!now) {
    now = {}
    queueMicrotask(() => (now = undefined))
  }
  return now
}

interface Info {
  readonly operation: { readonly operation: string }
  /** A new object for each execution. */
  readonly variableValues: object
  /** In subscriptions, the event. */
  readonly rootValue: unknown
}

/** A request has one snapshot for all resolvers, whatever operations it holds. A connection lasts longer and has none. */
function operationOf(context: ExecutionContext): object | undefined {
  const info = context.getArgByIndex<Info | undefined>(3)
  const request = requestOf(context.getArgByIndex(2))
  if (request) return request
  if (!info) return undefined
  const isEvent = info.operation.operation === 'subscription' && isObject(info.rootValue)
  const key = isEvent ? (info.rootValue as object) : info.variableValues
  const known = operations.get(key)
  if (known) return known
  const made = {}
  operations.set(key, made)
  return made
}

/** The part of Node's request that tells whether it is still being served. */
interface Request {
  readonly headers: { readonly upgrade?: string }
  readonly socket: { readonly _httpMessage?: { readonly req: unknown } | null }
  readonly httpVersionMajor?: number
}

/** The HTTP request of an operation, if there is one. Nest's drivers and most programs put it at `req`. */
function requestOf(context: unknown): object | undefined {
  const { req, request, reply } = isObject(context) ? context : {}
  const found = [req, request, isObject(reply) ? reply['request'] : undefined].find(isObject)
  const raw = isObject(found?.['raw']) ? found['raw'] : found
  return isServed(raw) ? found : undefined
}

/**
 * Whether a request is being served. A WebSocket's request lasts as long as its connection. And where a program has one
 * context object for all operations, Nest leaves the very first request in it.
 */
function isServed(raw: Partial<Request> | undefined): boolean {
  if (!isObject(raw?.headers) || !isObject(raw.socket) || raw.headers['upgrade'] !== undefined) return false
  if (raw.httpVersionMajor === 2) return false
  // the response that the socket sends now, null between two of them, undefined where a test injects a request
  const { _httpMessage: response } = raw.socket
  return response === undefined || response?.req === raw
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
