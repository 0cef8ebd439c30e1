/** The key of a canary that says which part of the processes serves it, such as `10%`. */
export const SHARE_KEY = 'hot-config.share'

const EXPECTED = 'expected a percentage from 0% to 100%, such as "10%"'

export interface Share {
  /** From 0 to 1. */
  readonly share: number
  readonly problem?: string
}

/** Reads a share. One that is missing or wrong is 0: nobody serves a canary by mistake. */
export function shareOf(text: string | undefined): Share {
  if (text === undefined) return { share: 0, problem: `${SHARE_KEY} is missing: ${EXPECTED}` }
  const percent = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(text)?.[1]
  const share = Number(percent) / 100
  return share >= 0 && share <= 1 ? { share } : { share: 0, problem: `${SHARE_KEY}: ${EXPECTED}` }
}
