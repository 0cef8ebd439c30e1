/** The part of pino's logger that is used here. pino, Fastify's `app.log` and many others have it. */
export interface Logger {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/** Says what needs somebody's attention and nothing else. Serves when no logger is given. */
export const consoleLogger: Logger = {
  info() {},
  warn: (_details, message) => {
    console.warn(`hot-config: ${message}`)
  },
  error: (_details, message) => {
    console.error(`hot-config: ${message}`)
  },
}

export const silentLogger: Logger = { info() {}, warn() {}, error() {} }
