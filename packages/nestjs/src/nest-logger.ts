import { inspect } from 'node:util'

import type { Logger as HotConfigLogger } from '@hot-config/core'
import { Logger } from '@nestjs/common'

/** Wraps Nest's logger in the interface that core calls. */
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
  // `inspect` does not call getters, so the copy holds their values instead.
  return `${message} ${inspect({ ...details }, { breakLength: Infinity, depth: 5 })}`
}
