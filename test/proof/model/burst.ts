import { equal, ok } from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'

import { ClosedError } from '@hot-config/core'
import { array, constant, constantFrom, nat, oneof, record } from 'fast-check'
import type { Arbitrary } from 'fast-check'

import { gate } from '../../support/gate.ts'
import { held } from './content.ts'
import type { Held } from './content.ts'
import type { Kind } from './commands.ts'
import { settings } from './settings.ts'
import type { Settings } from './settings.ts'
import type { World } from './world.ts'

/** What happens while other things go on. */
type Step =
  | { readonly type: 'set'; readonly name: 'main' | 'canary'; readonly held: Held }
  | { readonly type: 'reload' | 'notify' | 'hang' | 'hold hooks' | 'release hooks' }
  | { readonly type: 'wait'; readonly turns: number }

const steps: Arbitrary<readonly Step[]> = array(
  oneof(
    record({ type: constant('set' as const), name: constant('main' as const), held }),
    record({ type: constantFrom('reload', 'notify', 'hang', 'hold hooks', 'release hooks') }),
    record({ type: constant('wait' as const), turns: nat(6) }),
  ),
  { maxLength: 12 },
)

/** Does all of it without waiting for what follows. @returns the reloads in progress */
async function run(world: World, steps: readonly Step[]): Promise<Promise<string>[]> {
  const { sources, faults } = world
  const reloads: Promise<string>[] = []
  for (const step of steps) {
    if (step.type === 'set') world.set(step.name, step.held, step.name === 'canary' ? '100%' : undefined)
    if (step.type === 'hang') sources.main.hang()
    if (step.type === 'notify') sources.main.notify()
    if (step.type === 'reload' && world.process) reloads.push(world.process.config.reload())
    if (step.type === 'hold hooks') faults.hooksWait ??= gate()
    if (step.type === 'release hooks') release(world)
    if (step.type === 'wait') for (let turn = 0; turn < step.turns; turn++) await setImmediate()
  }
  return reloads
}

function release({ faults }: World): void {
  faults.hooksWait?.open()
  faults.hooksWait = undefined
}

/**
 * Changes that come while earlier ones are checked, prepared and notified. The last one wins. It is a good one, and new: what is
 * served in place of a bad one depends on which of the others were seen.
 */
export const burst: Kind<{ readonly steps: readonly Step[]; readonly last: number }> = {
  name: 'burst',
  arg: record({ steps, last: nat(3) }),
  isPossible: ({ settings, canary, createFails }) => {
    return !settings.hasGuard && Object.keys(canary.held).length === 0 && !createFails
  },
  async run(model, world, { steps, last }) {
    if (!world.process) return
    const { config } = world.process
    const main = { a: 20 + last, b: 20 + model.version }
    const reloads = await run(world, steps)
    world.set('main', main)
    model.main = main
    const final = config.reload()
    release(world)
    const expected = model.check() === 'rejected'
    equal((await final) === 'rejected', expected, 'whether the last reload is rejected')
    for (const result of await Promise.all(reloads)) ok(['changed', 'unchanged', 'rejected'].includes(result))
    model.version = config.health().version
  },
}

/** The end of a process while changes are checked, prepared and notified. */
export const closeWithin: Kind<{
  readonly steps: readonly Step[]
  readonly how: 'once' | 'twice' | 'abort'
  readonly settings: Settings
}> = {
  name: 'close within a burst',
  arg: record({ steps, how: constantFrom('once', 'twice', 'abort'), settings }),
  async run(model, world, { steps, how, settings }) {
    const reloads = (await run(world, steps)).map((reload) => reload.catch((error: unknown) => error))
    await world.close(how)
    release(world)
    for (const result of await Promise.all(reloads)) {
      ok(result instanceof ClosedError || typeof result === 'string', 'the result of a reload that close() ended')
    }
    await forget(model, world, settings)
  },
}

/** The end of a process while it starts. */
export const closeWithinStart: Kind<{
  readonly turns: number
  readonly isHanging: boolean
  readonly settings: Settings
}> = {
  name: 'close within the start',
  arg: record({ turns: nat(12), isHanging: constantFrom(false, true), settings }),
  async run(model, world, { turns, isHanging, settings }) {
    await world.close()
    if (isHanging) world.sources.override.hang()
    const { ready } = world.begin(settings)
    const outcome = ready.then(
      () => 'ready',
      (error: unknown) => error,
    )
    for (let turn = 0; turn < turns; turn++) await setImmediate()
    await world.close()
    const result = await outcome
    ok(result === 'ready' || result instanceof Error, 'the start that close() ended')
    await forget(model, world, settings)
  },
}

/** Starts anew: which of the changes were seen, and so stored, is not known. */
async function forget(model: Parameters<typeof burst.run>[0], world: World, settings: Settings): Promise<void> {
  model.stored = world.stored = undefined
  world.set('main', model.main)
  world.set('override', model.override)
  await world.start(settings)
  model.start(settings)
}
