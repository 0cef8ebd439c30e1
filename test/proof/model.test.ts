import { assert, asyncModelRun, asyncProperty, commands } from 'fast-check'

import { settings } from './model/settings.ts'
import { COMMANDS } from './model/commands.ts'
import { compare, compareExplanations } from './model/compare.ts'
import { Model } from './model/model.ts'
import { World } from './model/world.ts'
import { proof } from './proof.ts'

const MAX_COMMANDS = 25

proof(
  'a configuration is what a small model says, whatever sources, programs and operators do to it',
  {
    proves: ['never-invalid', 'no-silence', 'starts-from-last-good', 'canary-stays-small', 'guard-takes-back'],
    unit: 'sequences',
    small: 150,
    large: 50_000,
  },
  async ({ size, seed, count }) => {
    const sequence = commands(COMMANDS, { maxCommands: MAX_COMMANDS, size: 'max' })
    const property = asyncProperty(settings, sequence, async (first, steps) => {
      const [model, world] = [new Model(), new World()]
      try {
        model.start(first)
        await world.start(first)
        compare(model, world)
        await asyncModelRun(() => ({ model, real: world }), steps)
        await compareExplanations(model, world)
      } finally {
        await world.close()
      }
      count()
    })
    await assert(property, { seed, numRuns: size })
  },
)
