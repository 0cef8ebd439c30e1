import { boolean, constant, constantFrom, oneof, record } from 'fast-check'
import type { Arbitrary, AsyncCommand } from 'fast-check'
import { expect } from 'vitest'

import { compare } from './compare.ts'
import { held } from './content.ts'
import type { Held } from './content.ts'
import type { Canary, Model } from './model.ts'
import { settings } from './settings.ts'
import type { Settings } from './settings.ts'
import { until } from './until.ts'
import type { World } from './world.ts'

type Command = AsyncCommand<Model, World>

/** How a change is noticed. */
type By = 'reload' | 'notification'

interface Kind<A> {
  readonly name: string
  /** Whether it makes sense now. */
  readonly isPossible?: (model: Model, arg: A) => boolean
  /** Says to both what happens. Both of them are compared after that. */
  readonly run: (model: Model, world: World, arg: A) => Promise<void> | void
}

/** A command of both the model and the world, after which they are compared. */
function command<A>({ name, isPossible = () => true, run }: Kind<A>, arg: A): Command {
  return {
    check: (model) => isPossible(model as Model, arg),
    async run(model, world) {
      await run(model, world, arg)
      await settle(model, world)
      await compare(model, world)
    },
    toString: () => `${name}(${arg === undefined ? '' : JSON.stringify(arg)})`,
  }
}

async function settle(model: Model, world: World): Promise<void> {
  const result = await world.settle()
  if (!world.config) return
  let [version, expected] = [0, '']
  while (model.version !== version) [version, expected] = [model.version, model.check()]
  expect(result, 'the result of another reload').toBe(expected)
}

/** Has the world notice a change. */
async function notice(
  model: Model,
  { config, journal, sources }: World,
  by: By,
  name: keyof World['sources'],
): Promise<void> {
  if (!config || !journal) return
  if (by === 'reload') {
    const result = config.reload()
    expect(await result).toBe(model.check())
  } else {
    const { length } = journal.ended
    sources[name].notify()
    // nobody watches a fallback that does not serve
    if (name !== 'second') await until('a check', () => journal.ended.length > length)
    model.check()
  }
}

const by = constantFrom<By[]>('reload', 'notification')

const SET: Kind<{ name: 'main' | 'second' | 'override'; held: Held; by: By }> = {
  name: 'set',
  async run(model, world, { name, held, by }) {
    model[name] = held
    world.set(name, held)
    await notice(model, world, by, name)
  },
}

const CANARY: Kind<Canary & { by: By }> = {
  name: 'canary',
  async run(model, world, { held, share, by }) {
    model.canary = { held, share }
    const isNone = held !== 'gone' && Object.keys(held).length === 0
    world.set('canary', held, isNone ? undefined : share)
    await notice(model, world, by, 'canary')
  },
}

const ADD_HOOK: Kind<undefined> = {
  name: 'add a hook',
  isPossible: ({ serves, hasHook }) => serves !== undefined && !hasHook,
  run(model, world) {
    model.hasHook = true
    world.addHook()
  },
}

const VETO: Kind<boolean> = {
  name: 'veto',
  async run(model, world, vetoes) {
    model.hookVetoes = world.hookVetoes = vetoes
    await notice(model, world, 'reload', 'main')
  },
}

const ADD_RESOURCE: Kind<undefined> = {
  name: 'add a resource',
  isPossible: ({ serves, base, hasResource, createFails }) =>
    serves !== undefined && !base && !hasResource && !createFails,
  async run(model, world) {
    model.hasResource = true
    await world.addResource()
  },
}

const FAIL: Kind<boolean> = {
  name: 'fail to build',
  async run(model, world, fails) {
    model.createFails = world.createFails = fails
    await notice(model, world, 'reload', 'main')
  },
}

const HOLD_GUARD: Kind<boolean> = {
  name: 'hold the guard',
  run(model, world, waits) {
    if (model.isGuardWaiting === waits) return
    model.isGuardWaiting = waits
    if (waits) return world.holdGuard()
    world.releaseGuard()
    model.judge()
  },
}

const BREAK_STORE: Kind<boolean> = {
  name: 'break the store',
  run(model, world, isBroken) {
    model.isStoreBroken = world.isStoreBroken = isBroken
  },
}

const RESTART: Kind<Settings> = {
  name: 'restart',
  async run(model, world, settings) {
    await world.start(settings)
    model.start(settings)
  },
}

const RELOAD: Kind<undefined> = { name: 'reload', run: (model, world) => notice(model, world, 'reload', 'main') }

const share = constantFrom<Canary['share'][]>('100%', '100%', '100%', '0%', 'odd')

function arbitrary<A>(kind: Kind<A>, arg: Arbitrary<A>): Arbitrary<Command> {
  return arg.map((value) => command(kind, value))
}

/** All commands. */
export const COMMANDS: Arbitrary<Command>[] = [
  arbitrary(SET, record({ name: constant('main' as const), held, by })),
  arbitrary(SET, record({ name: constantFrom('second' as const, 'override' as const), held, by })),
  arbitrary(CANARY, record({ held: oneof(held, constant({})), share, by })),
  arbitrary(ADD_HOOK, constant(undefined)),
  arbitrary(VETO, boolean()),
  arbitrary(ADD_RESOURCE, constant(undefined)),
  arbitrary(FAIL, boolean()),
  arbitrary(HOLD_GUARD, boolean()),
  arbitrary(BREAK_STORE, boolean()),
  arbitrary(RESTART, settings),
  arbitrary(RELOAD, constant(undefined)),
]
