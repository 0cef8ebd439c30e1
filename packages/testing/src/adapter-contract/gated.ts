import type { AppUnderTest, RequestUnderTest, Subject } from './app-under-test.js'

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
