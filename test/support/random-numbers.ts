/** The same numbers for the same seed, which is at least 1: each is an integer from 0 up to a limit. */
export function randomNumbers(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647
    return state % limit
  }
}
