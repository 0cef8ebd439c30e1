/** The part of pino's logger that is used here. pino, Fastify's `app.log` and many others have it. */
export interface Logger {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/**
 * Writes warnings, errors and their end to the console. It is used when the application passes no logger.
 */
export const consoleLogger: Logger = {
  info: (details, message) => {
    if ('status' in details) console.info(`hot-config: ${message}`)
  },
  warn: (_details, message) => {
    console.warn(`hot-config: ${message}`)
  },
  error: (details, message) => {
    console.error(`hot-config: ${message}${'error' in details ? `: ${String(details.error)}` : ''}`)
  },
}

export const silentLogger: Logger = { info() {}, warn() {}, error() {} }

/**
 * Adapts loggers whose first argument is the message: winston, log4js and `console`. They print a getter as `[Getter]`,
 * so all getters become plain values. pino computes a getter only when it writes the line.
 */
export function adaptLogger(logger: Logger): Logger {
  if (!isMessageFirst(logger)) return logger
  const { info, warn, error } = logger as unknown as Record<keyof Logger, (message: string, details: object) => void>
  return {
    info: (details, message) => info.call(logger, message, plainDetails(details)),
    warn: (details, message) => warn.call(logger, message, plainDetails(details)),
    error: (details, message) => error.call(logger, message, plainDetails(details)),
  }
}

/** Returns the details with values in place of getters, and without those that have no value. */
export function plainDetails(details: object): object {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined))
}

function isMessageFirst(logger: object): boolean {
  const isConsole = hasFunction(logger, 'table') && hasFunction(logger, 'groupEnd')
  const isWinston = 'transports' in logger && 'format' in logger
  const isLog4js = 'category' in logger && hasFunction(logger, 'addContext')
  return isConsole || isWinston || isLog4js
}

function hasFunction(value: object, name: string): boolean {
  return typeof (value as Record<string, unknown>)[name] === 'function'
}
