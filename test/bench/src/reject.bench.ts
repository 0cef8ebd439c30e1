import { createHotConfig } from '@hot-config/core'
import type { HotConfig, Source } from '@hot-config/core'
import { z } from 'zod'

import { longestBlock } from '../../support/longest-block.ts'
import { compare } from './measure.ts'
import type { Row } from './measure.ts'
import { rounds } from './rounds.ts'

const ROUNDS = rounds(20, 5)
/** No further round begins after this. */
const MAX_MS = rounds(120_000, 20_000)
const PROBLEMS = 5_000
const SECRETS = 1_000
const ONE_CALL = "zod's one call"

const schema = z.object({
  limits: z.record(z.string(), z.number()),
  secrets: z.record(z.string(), z.string()).optional(),
})

/** An update that is rejected for very many problems, beside a Secret of many values and without it. */
export default async function reject(): Promise<Row[]> {
  await using beside = await Contestant.start([secret])
  await using alone = await Contestant.start([])
  const started = performance.now()
  for (let round = 1; round <= ROUNDS && (round === 1 || performance.now() - started < MAX_MS); round++) {
    for (const contestant of [beside, alone]) await contestant.reject(round)
  }
  const what = `rejection of ${PROBLEMS} problems beside a Secret of ${SECRETS} values`
  const without = 'the same without the Secret'
  return [
    compare(what, beside.wholes, without, alone.wholes, 'ms', { atMost: 2 }),
    compare(`${what}: longest stall`, beside.stalls, ONE_CALL, beside.calls, 'ms', { atMost: 1.3 }),
    compare(`rejection of ${PROBLEMS} problems: longest stall`, alone.stalls, ONE_CALL, alone.calls, 'ms'),
  ]
}

/** Says nothing that is in any message: what it costs is to make sure of that. */
const secret: Source = {
  name: 'secret',
  read: async () => ({ revision: 'r', entries: [{ path: ['secrets'], value: secrets, secret: true }] }),
}
const secrets = Object.fromEntries(
  Array.from({ length: SECRETS }, (_, index) => [`key-${index}`, `${index} of the secrets that nobody may see`]),
)

class Contestant implements AsyncDisposable {
  readonly wholes: number[] = []
  readonly stalls: number[] = []
  readonly calls: number[] = []
  readonly #config: HotConfig<unknown>
  readonly #take: (limits: object) => void

  private constructor(config: HotConfig<unknown>, take: (limits: object) => void) {
    this.#config = config
    this.#take = take
  }

  static async start(others: readonly Source[]): Promise<Contestant> {
    let held = limitsOf((index) => index)
    const source: Source = {
      name: 'limits',
      read: async () => ({ revision: 'r', entries: [{ path: ['limits'], value: held }] }),
    }
    const config = await createHotConfig({ schema, sources: [source, ...others], logger: false })
    return new Contestant(config, (limits) => (held = limits))
  }

  async reject(round: number): Promise<void> {
    this.#take(limitsOf((index) => `no number ${index} of ${round}`))
    const given = structuredClone(this.#config.current as object)
    const startedAlone = performance.now()
    schema.safeParse({ ...given, limits: limitsOf((index) => `no number ${index} of ${round} alone`) })
    this.calls.push(performance.now() - startedAlone)
    const started = performance.now()
    const { result, ms } = await longestBlock(() => this.#config.reload())
    this.wholes.push(performance.now() - started)
    this.stalls.push(ms)
    if (result !== 'rejected') throw new Error(`an update with ${PROBLEMS} problems was ${result}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#config.close()
  }
}

function limitsOf(value: (index: number) => number | string): object {
  return Object.fromEntries(Array.from({ length: PROBLEMS }, (_, index) => [`limit-${index}`, value(index)]))
}
