import type { RegisteredConfig, RunInRequest } from '@hot-config/core'
import { openRequestContext, pinningHere } from '@hot-config/core/internal'
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core'
import { isObservable, Observable } from 'rxjs'

import { configOf } from './hot-config.service.js'
import type { HotConfigService } from './hot-config.service.js'

type Handler = (...args: unknown[]) => unknown

/** The server of a transport, as `@nestjs/microservices` has it. */
interface RpcServer {
  addHandler(pattern: unknown, handler: Handler, ...rest: unknown[]): unknown
  getHandlers(): ReadonlyMap<string, Handler>
}

type SocketAdapter = NonNullable<ReturnType<ApplicationConfig['getIoAdapter']>>

/** Marks messages, for other copies of this package in the process. */
const MESSAGE = Symbol.for('hot-config:nestjs-message')

/** A message of a microservice or a WebSocket: everything that handles it reads one snapshot. */
class Message {
  readonly [MESSAGE] = true
  readonly #service: HotConfigService

  constructor(service: HotConfigService) {
    this.#service = service
  }

  get config(): RegisteredConfig {
    return configOf(this.#service, this) as RegisteredConfig
  }
}

/** Returns the message that is being handled. */
export function messageHere(): object | undefined {
  const pinning = pinningHere()
  return pinning && MESSAGE in pinning ? pinning : undefined
}

/**
 * Makes each message of the app's microservices and gateways a unit of work. An interceptor would come too late, after the
 * guards. So this wraps what transports call: it holds guards, interceptors, pipes, the handler and filters.
 */
export function openMessages(modules: ModulesContainer, app: ApplicationConfig, service: HotConfigService): void {
  // The first versions of Nest 11 have no registry.
  const { getRpcTargetRegistry } = modules as Partial<ModulesContainer>
  getRpcTargetRegistry?.call<ModulesContainer, [], Observable<RpcServer>>(modules).subscribe((server) => {
    wrapHandlers(server, service)
  })
  const getIoAdapter = app.getIoAdapter.bind(app)
  const wrapped = new WeakSet<SocketAdapter>()
  app.getIoAdapter = () => {
    const adapter = getIoAdapter()
    if (adapter && !wrapped.has(adapter)) {
      wrapped.add(adapter)
      wrapSockets(adapter, service)
    }
    return adapter
  }
}

function wrapHandlers(server: RpcServer, service: HotConfigService): void {
  const addHandler = server.addHandler.bind(server)
  server.addHandler = (pattern, handler, ...rest) => {
    let isFirst = true
    // Nest keeps the properties of a handler on it, such as the next handler of the same event, and reads them there.
    const inUnit = new Proxy(handler, {
      apply: (target, self, args) => {
        const handle = (): unknown => Reflect.apply(target, self, args)
        return isFirst ? runMessage(service, handle) : handle()
      },
    })
    addHandler(pattern, inUnit, ...rest)
    // The first handler of an event calls the others, which belong to its unit.
    isFirst = Array.from(server.getHandlers().values()).includes(inUnit)
  }
}

function wrapSockets(adapter: SocketAdapter, service: HotConfigService): void {
  const bind = adapter.bindMessageHandlers.bind(adapter)
  adapter.bindMessageHandlers = (client, handlers, transform) => {
    const inUnits = handlers.map((handler) => ({
      ...handler,
      callback: (...args: unknown[]) => runMessage(service, () => (handler.callback as Handler)(...args)) as never,
    }))
    bind(client, inUnits, transform)
  }
}

function runMessage(service: HotConfigService, handle: () => unknown): unknown {
  // Made for the first message: an app that gets none pays nothing.
  const run = openRequestContext()
  const message = new Message(service)
  return run(message, async () => streamIn(run, message, await handle()))
}

/** What a handler returns as a stream does its work later, when the transport subscribes to it. */
function streamIn(run: RunInRequest, message: Message, result: unknown): unknown {
  if (!isObservable(result)) return result
  return new Observable((subscriber) => run(message, () => result.subscribe(subscriber)))
}
