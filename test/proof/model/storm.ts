import { equal, ok } from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'

import { ClosedError } from '@hot-config/core'
import { array, boolean, constant, constantFrom, nat, oneof, record } from 'fast-check'
import type { Arbitrary } from 'fast-check'

import { gate } from '../../support/gate.ts'
import type { By, Kind } from './commands.ts'
import { held } from './content.ts'
import type { Held } from './content.ts'
import { isSame } from './layers.ts'
import type { Model } from './model.ts'
import { hasFiles } from './served.ts'
import { settings } from './settings.ts'
import type { Settings } from './settings.ts'
import { until } from './until.ts'
import type { Name, World } from './world.ts'

/** What happens while other things go on. */
type Step =
  | { readonly type: 'set'; readonly name: Name; readonly held: Held }
  | { readonly type: 'notify' | 'hang'; readonly name: Name }
  | { readonly type: 'veto' | 'fail to build' | 'hold hooks' | 'hold the guard'; readonly isOn: boolean }
  | { readonly type: 'reload' | 'add a hook' | 'add resources' }
  | { readonly type: 'wait'; readonly turns: number }

const name = constantFrom<Name[]>('main', 'main', 'second', 'override', 'canary')

const set = record({ type: constant('set' as const), name, held })
const steps: Arbitrary<readonly Step[]> = array(
  oneof(
    { weight: 3, arbitrary: set },
    { weight: 2, arbitrary: record({ type: constantFrom('notify', 'hang'), name }) },
    {
      weight: 2,
      arbitrary: record({
        type: constantFrom('veto', 'fail to build', 'hold hooks', 'hold the guard'),
        isOn: boolean(),
      }),
    },
    { weight: 3, arbitrary: record({ type: constantFrom('reload', 'reload', 'add a hook', 'add resources') }) },
    { weight: 2, arbitrary: record({ type: constant('wait' as const), turns: nat(9) }) },
  ),
  { maxLength: 20, size: 'max' },
)

/** Makes numbers that no other content has. */
let last = 100

/** What goes on when a storm ends. */
type Going = Promise<unknown>[]

async function run(world: World, steps: readonly Step[]): Promise<Going> {
  const { sources, faults, process } = world
  const going: Going = []
  for (const step of steps) {
    if (step.type === 'set' && step.name !== 'canary') await world.set(step.name, step.held)
    // the same canary must not come again after the storm: whether it was rejected is not known
    else if (step.type === 'set')
      await world.set('canary', step.held === 'gone' ? 'gone' : { ...step.held, c: last++ }, '100%')
    else if (step.type === 'notify') sources[step.name].notify()
    else if (step.type === 'hang') sources[step.name].hang()
    else if (step.type === 'veto') faults.hookVetoes = step.isOn
    else if (step.type === 'fail to build') faults.createFails = step.isOn
    else if (step.type === 'hold hooks') holdHooks(world, step.isOn)
    else if (step.type === 'hold the guard') world.holdGuard(step.isOn)
    else if (step.type === 'add a hook') process?.program.addHook()
    else if (step.type === 'wait') for (let turn = 0; turn < step.turns; turn++) await setImmediate()
    else if (step.type === 'reload' && process) going.push(process.config.reload())
    else if (process) going.push(process.program.addResources())
    for (const promise of going) promise.catch(() => undefined)
  }
  return going
}

function holdHooks({ faults }: World, isOn: boolean): void {
  if (isOn) faults.hooksWait ??= gate()
  else faults.hooksWait?.open()
  if (!isOn) faults.hooksWait = undefined
}

/** Ends everything that fails or hangs, and has all sources hold something good that they did not hold before. */
async function calm(model: Model, world: World): Promise<void> {
  model.main = { a: last, b: last++ }
  model.second = { a: last++ }
  model.override = { b: last++ }
  model.canary = { held: {}, share: '100%' }
  for (const name of ['main', 'second', 'override'] as const) await world.set(name, model[name])
  await world.set('canary', {})
  model.hookVetoes = world.faults.hookVetoes = false
  model.createFails = world.faults.createFails = false
  model.isGuardWaiting = false
  world.holdGuard(false)
  holdHooks(world, false)
}

/** Changes and faults that come while earlier ones are checked, prepared, watched and notified. Then what is good serves. */
export const storm: Kind<{ readonly steps: readonly Step[]; readonly by: By }> = {
  name: 'storm',
  arg: record({ steps, by: constantFrom('reload', 'notification') }),
  // whether a canary that bakes is taken back before the storm ends is not known
  isPossible: ({ base, serves }) => base === undefined || serves?.canary === undefined,
  async run(model, world, { steps, by }) {
    if (!world.process) return
    const { config, journal, program } = world.process
    const before = model.canary.held
    if (before !== 'gone' && hasFiles(before)) model.unsure.push(before)
    const going = await run(world, steps)
    await calm(model, world)
    model.check()
    const result = by === 'reload' ? await config.reload() : undefined
    if (!result) for (const source of Object.values(world.sources)) source.notify()
    const isServed = (): boolean => isSame(config.current, model.serves?.value)
    // the guard may take back what was served before, and then the reload has that result
    if (result && !model.settings.hasGuard) ok(result !== 'rejected' && isServed(), 'the result of the last reload')
    await until('what came last serves', isServed)
    for (const { status } of await Promise.allSettled(going)) ok(status)
    await world.settle()
    model.version = config.health().version
    model.takenBack = journal.takenBack
    model.base = undefined
    // A check within the storm may take the last stable content in place of a canary that was taken back. Where an earlier
    // canary served until then, there is nothing to go back to, and so nothing is watched.
    if (model.takenBack > 0 && config.health().guard?.state === 'taken-back') model.guard = 'taken-back'
    model.hasHook = program.hasHook
    model.hasResources = program.hasResources
  },
}

/** The end of a process while a storm goes on. */
export const closeWithin: Kind<{
  readonly steps: readonly Step[]
  readonly how: 'once' | 'twice' | 'abort'
  readonly settings: Settings
}> = {
  name: 'close within a storm',
  arg: record({ steps, how: constantFrom('once', 'twice', 'abort'), settings }),
  async run(model, world, { steps, how, settings }) {
    const going = await run(world, steps)
    await world.close(how)
    await restart(model, world, settings)
    for (const result of await Promise.allSettled(going)) {
      if (result.status === 'rejected') isExpected(result.reason)
    }
  },
}

/** What a reload or a resource rejects with. */
function isExpected(error: unknown): void {
  if (!(error instanceof ClosedError)) equal((error as Error).message, 'can not be built')
}

/** The end of a process while it starts. */
export const closeWithinStart: Kind<{ readonly turns: number; readonly hangs: boolean; readonly settings: Settings }> =
  {
    name: 'close within the start',
    arg: record({ turns: nat(12), hangs: boolean(), settings }),
    async run(model, world, { turns, hangs, settings }) {
      await world.close()
      if (hangs) world.sources.override.hang()
      const { ready } = world.begin(settings)
      const outcome = Promise.allSettled([ready])
      for (let turn = 0; turn < turns; turn++) await setImmediate()
      await world.close()
      await outcome
      await restart(model, world, settings)
    },
  }

/** Starts anew: which of the changes were seen, and so stored, is not known. */
async function restart(model: Model, world: World, settings: Settings): Promise<void> {
  await calm(model, world)
  model.stored = world.stored = undefined
  await world.start(settings)
  model.start(settings)
}
