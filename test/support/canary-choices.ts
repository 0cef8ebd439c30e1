import { createHotConfig } from '@hot-config/core'
import type { HotConfig, Source } from '@hot-config/core'
import { expect } from 'vitest'

import { eventually } from './eventually.ts'

const PROCESSES = 200
const SHARES = [0, 1, 10, 50, 100]

/** What all processes serve that are not chosen. */
export const STABLE = { 'app.yaml': 'max: 1' }

type Config = HotConfig<Record<string, unknown>>

/**
 * Has 200 processes follow two canaries, each with growing shares. Which of them serve a canary is monotone in the share, and
 * within the bounds of chance. Nobody else serves it for a moment.
 *
 * @param publish replaces the content of the canary
 * @param sourceOf what the process with this identity reads; its stable content is {@link STABLE}
 * @returns for each of the two canaries the processes that were chosen when its share was one half
 */
export async function followCanaries(
  publish: (files: Record<string, string>) => Promise<void>,
  sourceOf: (identity: string) => Source,
): Promise<readonly (readonly string[])[]> {
  const names = Array.from({ length: PROCESSES }, (_, index) => `shop-7d9f-${index}`)
  const configs: Config[] = []
  const wrong: string[] = []
  try {
    // not all at one instant, which would be a test of the server
    while (configs.length < PROCESSES) {
      const next = names.slice(configs.length, configs.length + 20)
      const starting = next.map((name) => createHotConfig({ sources: sourceOf(name), logger: false }))
      configs.push(...(await Promise.all(starting)))
    }
    for (const [index, config] of configs.entries()) {
      config.onChange(({ next }) => {
        if (next.value['max'] !== 1 && !config.health().canary?.chosen) wrong.push(names[index] ?? '')
      })
    }
    const halves: string[][] = []
    for (const max of [50, 60]) {
      let smaller: readonly Config[] = []
      for (const percent of SHARES) {
        await publish({ 'hot-config.share': `${percent}%`, 'app.yaml': `max: ${max}` })
        await eventually(() => {
          const shares = new Set(configs.map((config) => config.health().canary?.share))
          expect(Array.from(shares)).toEqual([percent / 100])
        })
        const chosen = configs.filter((config) => config.health().canary?.chosen)
        const [mean, deviation] = [PROCESSES * (percent / 100), Math.sqrt(PROCESSES * percent * (100 - percent)) / 100]
        // beyond 6 standard deviations, by chance one time in a billion, and a few for the tail of small shares
        expect(Math.abs(chosen.length - mean)).toBeLessThanOrEqual(6 * deviation + (percent === 1 ? 4 : 0))
        expect(smaller.filter((config) => !chosen.includes(config))).toEqual([])
        await eventually(() => {
          const served = configs.map((config) => config.current['max'])
          expect(served).toEqual(configs.map((config) => (chosen.includes(config) ? max : 1)))
        })
        if (percent === 50) halves.push(names.filter((_, index) => chosen.includes(configs[index] as Config)))
        smaller = chosen
      }
    }
    expect(wrong).toEqual([])
    return halves
  } finally {
    await Promise.all(configs.map((config) => config.close()))
  }
}
