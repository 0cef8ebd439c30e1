// Reads a configuration in a process of its own, which a test may stop, move to other mounts or have fail at calls of the
// system. Answers what it is asked over IPC. Runs the built packages.
import { readFileSync, readdirSync } from 'node:fs'

import * as core from '@hot-config/core'

const { sources, options = 'undefined' } = JSON.parse(process.argv[2])
const from = (text) => new Function(...Object.keys(core), `return ${text}`)(...Object.values(core))

const lines = []
const rejections = []
const unhandled = []
let served = 0
process.on('unhandledRejection', (error) => unhandled.push(String(error?.stack ?? error)))
process.on('uncaughtExceptionMonitor', (error) => process.send({ crashed: String(error.stack) }))

const logger = Object.fromEntries(
  ['info', 'warn', 'error'].map((level) => [level, (_details, message) => lines.push({ level, message })]),
)
const config = await core.createHotConfig({ logger, ...from(options), sources: from(sources) })
config.onChange(() => served++)
config.onReject(({ message }) => rejections.push(message))

/** How many files and watches the kernel holds for this process. */
const held = () => {
  const infos = readdirSync('/proc/self/fdinfo').map((fd) => {
    try {
      return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
    } catch {
      return ''
    }
  })
  return { files: infos.length, watches: infos.flatMap((info) => info.match(/^inotify wd:/gm) ?? []).length }
}

const answers = {
  report: () => ({
    current: config.current,
    health: config.health(),
    lines,
    rejections,
    unhandled,
    served,
    held: held(),
  }),
  reload: () => config.reload(),
  close: () => config.close(),
}
process.on('message', async ({ id, ask }) => process.send({ id, answer: await answers[ask]() }))
process.send({ isReady: true })
