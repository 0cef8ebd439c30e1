// What a configuration does in a process of its own, which a test may stop, move to other mounts or have fail at calls to
// the system. Answers over IPC.
import { readFileSync, readdirSync } from 'node:fs'

/** Creates a configuration with the function, and answers what the test asks about it. */
export async function serveReader(create) {
  const lines = []
  const rejections = []
  const unhandled = []
  process.on('unhandledRejection', (error) => unhandled.push(String(error?.stack ?? error)))
  const logger = Object.fromEntries(
    ['info', 'warn', 'error'].map((level) => [level, (_details, message) => lines.push({ level, message })]),
  )
  const config = await create({ logger })
  config.onReject(({ message }) => rejections.push(message))
  const answers = {
    report: () => ({ current: config.current, health: config.health(), lines, rejections, unhandled, held: held() }),
    close: () => config.close(),
  }
  const answer = async ({ id, ask }) => process.send({ id, answer: await answers[ask]() })
  process.on('message', (question) => void answer(question))
  process.send({ isReady: true })
}

/** How many files and watches the kernel holds for this process. */
function held() {
  const infos = readdirSync('/proc/self/fdinfo').map((fd) => {
    try {
      return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
    } catch {
      // closed meanwhile
      return ''
    }
  })
  return { files: infos.length, watches: infos.flatMap((info) => info.match(/^inotify wd:/gm) ?? []).length }
}
