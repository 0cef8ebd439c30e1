import { inspect } from 'node:util'

import type { Logger as HotConfigLogger } from '@hot-config/core'
import { plainDetails } from '@hot-config/core/internal'
import { ConsoleLogger, Logger } from '@nestjs/common'
import type { LoggerService } from '@nestjs/common'

type Level = 'log' | 'warn' | 'error'

/** Wraps Nest's logger in the interface that core calls. */
export function nestLogger(name: string | undefined): HotConfigLogger {
  const logger = new Logger(name === undefined ? 'HotConfig' : `HotConfig:${name}`)
  const write = (level: Level, details: object, message: string): void => {
    // Some loggers do not call the getters of the details.
    logger[level](...argumentsFor(logger, message, plainDetails(details)))
  }
  return {
    info: (details, message) => write('log', details, message),
    warn: (details, message) => write('warn', details, message),
    error: (details, message) => write('error', details, message),
  }
}

/** Returns what keeps the details structured in the logger of the app, which differ in how they accept them. */
function argumentsFor(logger: Logger, message: string, details: object): [unknown, ...unknown[]] {
  if (Object.keys(details).length === 0) return [message]
  const { localInstance: target } = logger as unknown as { readonly localInstance?: LoggerService }
  if (isNestPino(target)) return [{ ...details, msg: message }]
  if (!(target instanceof ConsoleLogger)) return [message, details]
  if (!isJson(target)) return [`${message} ${inspect(details, { breakLength: Infinity, depth: 5 })}`]
  // Nest 11 would write the details as a second record.
  return 'stringifyParams' in target ? [message, details] : [{ message, ...details }]
}

/** Whether the logger is that of nestjs-pino, which drops objects after the message. */
function isNestPino(target: object | undefined): boolean {
  return target !== undefined && 'contextName' in target && 'logger' in target
}

function isJson(target: ConsoleLogger): boolean {
  const { options } = target as unknown as { readonly options?: { readonly json?: boolean } }
  return options?.json === true
}
