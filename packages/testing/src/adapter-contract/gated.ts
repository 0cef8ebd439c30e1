import type { AppUnderTest, RequestUnderTest, Subject } from './app-under-test.js'
import { ask } from './http.js'

export interface Gated {
  readonly handler: AppUnderTest['handler']
  /** Waits until that many requests wait. */
  readonly entered: (count: number) => Promise<void>
  readonly release: () => void
}

/** A handler that waits until the test lets all requests continue. */
export function gated(
  subject: Subject,
  handle: (request: RequestUnderTest, wait: () => Promise<void>) => Promise<unknown>,
): Gated {
  let release!: () => void
  const passed = new Promise<void>((resolve) => (release = resolve))
  let waiting = 0
  const wait = (): Promise<void> => {
    waiting++
    return passed
  }
  return {
    handler: (request) => handle(request, wait),
    entered: (count) => subject.until(() => waiting === count),
    release,
  }
}

/** Sends one request before an update and one after it, which both wait until the second has begun. @returns their answers */
export async function answersAcrossUpdate(
  subject: Subject,
  handle: (request: RequestUnderTest, wait: () => Promise<void>) => Promise<unknown>,
  options?: Parameters<Subject['startOnVolume']>[1],
): Promise<[before: unknown, after: unknown]> {
  const { handler, entered, release } = gated(subject, handle)
  const app = await subject.startOnVolume(handler, options)
  const first = ask(app.url)
  await entered(1)
  await app.updateTo('two')
  const second = ask(app.url)
  await entered(2)
  release()
  return [(await first).json(), (await second).json()]
}
