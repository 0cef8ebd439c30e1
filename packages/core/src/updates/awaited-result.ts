import { handled } from '../async/handled.js'
import { keepAlive } from '../async/keep-alive.js'
import type { ReloadResult } from './reload.js'
import type { CheckResult } from './updater-parts.js'

/** Returns the result of a check. */
export function resultOf(check: Promise<CheckResult>): Promise<ReloadResult> {
  return handled(check.then(({ result }) => result))
}

/**
 * Returns the result of a check for a program, which may await nothing else: the process is kept alive until then, but
 * not for the delay of an update, which may be a day.
 */
export function awaitedResult(check: Promise<CheckResult>): Promise<ReloadResult> {
  keepAlive(check.then(({ result, isDelayed }) => (isDelayed ? undefined : result)))
  return resultOf(check)
}
