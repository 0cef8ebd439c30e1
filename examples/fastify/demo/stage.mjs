// What the demos share: they print what happens, check it, and end with an exit code.
import { setTimeout as delay } from 'node:timers/promises'
import { styleText } from 'node:util'

const PATIENCE_MS = 30_000
const PAUSE_MS = 5

/** How long a phase lasts in which the services only answer, in milliseconds. */
export const PHASE_MS = 1_000

const faults = []

export const color = (format, text) => (process.stdout.isTTY ? styleText(format, text) : text)
export const say = (text = '') => console.log(text)
export const check = (passed, text) => {
  say(`  ${passed ? color('green', '✓') : color('red', '✗')} ${text}`)
  if (!passed) faults.push(text)
}

/** Waits for a condition, with a time limit. */
export async function until(what, condition) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await delay(PAUSE_MS)) {
    const value = await condition()
    if (value) return value
  }
  throw new Error(`timed out while waiting for ${what}`)
}

/** Shows the demo, cleans up, says whether all checks passed, and sets the exit code. */
export async function perform(show, cleanUp) {
  try {
    await show()
  } catch (error) {
    faults.push(error.message)
    say(color('red', `\n${error.stack}`))
  } finally {
    await cleanUp()
  }
  say(faults.length === 0 ? color('green', '\nAll checks passed.') : color('red', `\n${faults.length} failed.`))
  process.exitCode = faults.length === 0 ? 0 : 1
}
