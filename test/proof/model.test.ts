import { assert, asyncModelRun, asyncProperty, commands } from 'fast-check'

import { COMMANDS, UNMOUNTED_COMMANDS } from './model/commands.ts'
import { compare, compareExplanations } from './model/compare.ts'
import { Model } from './model/model.ts'
import { Mounted } from './model/mounted.ts'
import { settings } from './model/settings.ts'
import { World } from './model/world.ts'
import { proof } from './proof.ts'

const MAX_COMMANDS = 25

/** Runs random commands on both, which have to agree after each. */
async function search({ seed, size, count }: Parameters<Parameters<typeof proof>[2]>[0], mounts: boolean) {
  const sequences = commands(mounts ? COMMANDS : UNMOUNTED_COMMANDS, { maxCommands: MAX_COMMANDS, size: 'max' })
  const property = asyncProperty(settings, sequences, async (first, sequence) => {
    const model = new Model()
    await using mounted = mounts ? await Mounted.with(model.main) : undefined
    await using world = new World(mounted)
    model.start(first)
    await world.start(first)
    compare(model, world)
    await asyncModelRun(() => ({ model, real: world }), sequence)
    await compareExplanations(model, world)
    count()
  })
  await assert(property, { seed, numRuns: size })
}

proof(
  'a configuration does what a small model says, whatever sources, programs and operators do',
  {
    proves: [
      'never-invalid',
      'never-stale',
      'latest-wins',
      'one-request',
      'unchanged-is-free',
      'listeners-cannot-hurt',
      'nothing-is-no-value',
      'no-silence',
      'starts-from-last-good',
      'canary-stays-small',
      'guard-takes-back',
    ],
    unit: 'sequences of commands',
    small: 100,
    large: 12_000,
  },
  (run) => search(run, false),
)

proof(
  'it does the same on a volume that is mounted, unmounted and mounted again',
  {
    proves: ['never-stale', 'latest-wins', 'no-silence'],
    unit: 'sequences of commands',
    small: 20,
    large: 3_000,
  },
  (run) => search(run, true),
)
