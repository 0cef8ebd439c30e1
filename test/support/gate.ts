/** A promise, and what settles it. */
export interface Gate<R = void> {
  readonly passed: Promise<R>
  open(result: R): void
  fail(error: unknown): void
}

export function gate<R = void>(): Gate<R> {
  let open!: (result: R) => void
  let fail!: (error: unknown) => void
  const passed = new Promise<R>((resolve, reject) => ([open, fail] = [resolve, reject]))
  return { passed, open, fail }
}
