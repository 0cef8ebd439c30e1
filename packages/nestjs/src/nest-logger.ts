import { inspect } from 'node:util'

import type { Logger as HotConfigLogger } from '@hot-config/core'
import { Logger } from '@nestjs/common'

/** Nest's logger in the shape that core takes. */
export function nestLogger(name: string | undefined): HotConfigLogger {
  const logger = new Logger(name === undefined ? 'HotConfig' : `HotConfig:${name}`)
  return {
    info: (details, message) => {
      logger.log(line(details, message))
    },
    warn: (_details, message) => {
      logger.warn(message)
    },
    error: (details, message) => {
      logger.error(line(details, message))
    },
  }
}

function line(details: object, message: string): string {
  // getters are computed for the line
  return `${message} ${inspect({ ...details }, { breakLength: Infinity, depth: 5 })}`
}
