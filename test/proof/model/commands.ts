import { equal } from 'node:assert/strict'

import type { HotConfig } from '@hot-config/core'
import { boolean, constant, constantFrom, oneof, record } from 'fast-check'
import type { Arbitrary, AsyncCommand } from 'fast-check'

import { compare, compareExplanations } from './compare.ts'
import { held } from './content.ts'
import type { Held, Value } from './content.ts'
import { isSame } from './layers.ts'
import type { Model } from './model.ts'
import type { Canary } from './served.ts'
import type { Event, Failure } from './program.ts'
import { scrape } from './scrape.ts'
import { settings } from './settings.ts'
import { closeWithin, closeWithinStart, storm } from './storm.ts'
import { until } from './until.ts'
import type { World } from './world.ts'

export type Command = AsyncCommand<Model, World>

/** How a change is noticed. */
export type By = 'reload' | 'notification'

export interface Kind<A> {
  readonly name: string
  readonly arg: Arbitrary<A>
  /** Whether it makes sense now. */
  readonly isPossible?: (model: Model, arg: A) => boolean
  /** Has it happen in both. */
  readonly run: (model: Model, world: World, arg: A) => Promise<void> | void
}

/** Commands of a kind. After each of them, everything is compared. */
function commandsOf<A>({ name, arg, isPossible = () => true, run }: Kind<A>): Arbitrary<Command> {
  return arg.map((arg) => ({
    check: (model) => isPossible(model as Model, arg),
    async run(model, world) {
      await run(model, world, arg)
      await settle(model, world)
      compare(model, world)
    },
    toString: () => `${name}(${arg === undefined ? '' : JSON.stringify(arg)})`,
  }))
}

async function settle(model: Model, world: World): Promise<void> {
  const result = await world.settle()
  if (!world.process) return
  let [version, expected] = [0, '']
  while (model.version !== version) [version, expected] = [model.version, model.check()]
  equal(result, expected, 'the result of another reload')
}

/** Has a change be noticed. */
async function notice(model: Model, world: World, by: By, name: keyof World['sources'] = 'main'): Promise<void> {
  if (!world.process) return
  const { config, journal } = world.process
  if (world.mounted && (name === 'main' || by === 'reload')) return arrives(model, config, by)
  if (by === 'reload') {
    const { length } = journal.ended
    const result = await config.reload()
    const ended = journal.ended.slice(length).map((each) => each.result)
    return equal(result, model.check(), `the result of a reload, where checks ended with ${ended.join(', ')}`)
  }
  const { length } = journal.ended
  world.sources[name].notify()
  // nobody watches a fallback that does not serve
  if (name !== 'second') await until('a check', () => journal.ended.length > length)
  // A recheck of what is mounted may have begun before, and have ended without the change.
  if (world.mounted) await config.reload()
  model.check()
}

/** A recheck of what is mounted may notice it before the program reloads. */
async function arrives(model: Model, config: HotConfig<Value>, by: By): Promise<void> {
  model.check()
  if (by === 'reload') await config.reload()
  else await until('what is mounted arrives', () => isSame(config.current, model.serves?.value))
}

const by = constantFrom<By[]>('reload', 'notification')
const none = constant(undefined)

const set: Kind<{ name: 'main' | 'second' | 'override'; held: Held; by: By }> = {
  name: 'set',
  arg: record({ name: constantFrom('main', 'main', 'second', 'override'), held, by }),
  async run(model, world, { name, held, by }) {
    model[name] = held
    await world.set(name, held)
    await notice(model, world, by, name)
  },
}

const canary: Kind<Canary & { readonly by: By }> = {
  name: 'canary',
  arg: record({
    // few, so that some come again
    held: oneof(held, constantFrom<Held[]>({}, { a: 2 }, { a: 13 }, { b: 7 })),
    share: constantFrom('100%', '100%', '100%', '0%', 'odd'),
    by,
  }),
  isPossible: ({ unsure }, { held }) => !unsure.some((other) => isSame(other, held)),
  async run(model, world, { held, share, by }) {
    model.canary = { held, share }
    const isNone = Object.keys(held).length === 0
    await world.set('canary', held, isNone ? undefined : share)
    await notice(model, world, by, 'canary')
  },
}

const addHook: Kind<undefined> = {
  name: 'add a hook',
  arg: none,
  isPossible: ({ serves, hasHook }) => serves !== undefined && !hasHook,
  run(model, world) {
    model.hasHook = true
    world.process?.program.addHook()
  },
}

const veto: Kind<boolean> = {
  name: 'veto',
  arg: boolean(),
  async run(model, world, vetoes) {
    model.hookVetoes = world.faults.hookVetoes = vetoes
    await notice(model, world, 'reload')
  },
}

const addResources: Kind<undefined> = {
  name: 'add resources',
  arg: none,
  isPossible: ({ serves, base, hasResources, createFails }) => {
    return serves !== undefined && !base && !hasResources && !createFails
  },
  async run(model, world) {
    model.hasResources = true
    await world.process?.program.addResources()
  },
}

const failToBuild: Kind<boolean> = {
  name: 'fail to build',
  arg: boolean(),
  async run(model, world, fails) {
    model.createFails = world.faults.createFails = fails
    await notice(model, world, 'reload')
  },
}

const addListener: Kind<{ event: Event; failure: Failure }> = {
  name: 'add a listener',
  arg: record({
    event: constantFrom('change', 'part', 'part at once', 'reject', 'reload'),
    failure: constantFrom('throws', 'rejects', 'hangs'),
  }),
  run: (_model, world, { event, failure }) => world.process?.program.addListener(event, failure),
}

const addFollower: Kind<'a' | 'b' | 'c'> = {
  name: 'follow a part',
  arg: constantFrom('a', 'b', 'c'),
  run: (_model, world, part) => world.process?.program.addFollower(part),
}

const addUnit: Kind<undefined> = {
  name: 'begin a unit of work',
  arg: none,
  run: (_model, world) => world.process?.program.addUnit(),
}

const holdGuard: Kind<boolean> = {
  name: 'hold the guard',
  // often for long: what is judged in the end is not what came first
  arg: constantFrom(true, true, false),
  run(model, world, waits) {
    if (model.isGuardWaiting === waits) return
    model.isGuardWaiting = waits
    world.holdGuard(waits)
    if (!waits) model.judge()
  },
}

const breakStore: Kind<boolean> = {
  name: 'break the store',
  arg: boolean(),
  run(model, world, isBroken) {
    model.isStoreBroken = world.isStoreBroken = isBroken
  },
}

const restart: Kind<{ settings: Parameters<World['start']>[0]; how: 'once' | 'twice' | 'abort' }> = {
  name: 'restart',
  arg: record({ settings, how: constantFrom('once', 'twice', 'abort') }),
  async run(model, world, { settings, how }) {
    await world.close(how)
    await world.start(settings)
    model.start(settings)
  },
}

const reload: Kind<undefined> = { name: 'reload', arg: none, run: (model, world) => notice(model, world, 'reload') }

const explain: Kind<undefined> = { name: 'explain', arg: none, run: compareExplanations }

/** Commands, one of which is followed by the next when nothing goes on any more. */
export const COMMANDS: Arbitrary<Command>[] = [
  ...Array.from({ length: 4 }, () => commandsOf(set)),
  ...Array.from({ length: 2 }, () => commandsOf(canary)),
  commandsOf(addHook),
  commandsOf(veto),
  commandsOf(addResources),
  commandsOf(failToBuild),
  commandsOf(addListener),
  commandsOf(addFollower),
  commandsOf(addUnit),
  commandsOf(breakStore),
  commandsOf(restart),
  commandsOf(reload),
  commandsOf(explain),
  commandsOf(scrape),
  ...Array.from({ length: 2 }, () => commandsOf(storm)),
  commandsOf(closeWithin),
  commandsOf(closeWithinStart),
]

/** Those of sources without a mount. With one, a sequence may take longer than the ten seconds of a guard's check. */
export const UNMOUNTED_COMMANDS: Arbitrary<Command>[] = [
  ...COMMANDS,
  ...Array.from({ length: 2 }, () => commandsOf(holdGuard)),
]
