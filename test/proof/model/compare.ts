import { deepStrictEqual, equal } from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'

import type { GivenValue } from '@hot-config/core'

import { textsOf } from './content.ts'
import type { Part, Value } from './content.ts'
import { giversOf } from './layers.ts'
import type { Layer } from './layers.ts'
import type { Model } from './model.ts'
import type { Served } from './served.ts'
import type { World } from './world.ts'

/** The value that was served for what the model says: what is taken back brings back the very value. */
const values = new WeakMap<Served, Value>()

/** Whether the world is as the model says. */
export function compare(model: Model, world: World): void {
  const config = world.process?.config
  const { serves } = model
  deepStrictEqual(config?.current, serves?.value, 'what serves')
  const stored = storedIn(world)
  if (model.unsaved && isDeepStrictEqual(stored, textsIn(model.unsaved))) model.stored = model.unsaved
  deepStrictEqual(stored, textsIn(model.stored), 'what is stored')
  if (!config || !serves) return
  equal(config.current, values.get(serves) ?? config.current, 'the identity of what serves')
  values.set(serves, config.current)
  world.check()
  const { version, status, lastRejection, servedFrom, pendingRestart, canary, guard, pending } = config.health()
  const isRejected = lastRejection !== null
  const states = [canary?.state ?? null, guard?.state ?? null]
  deepStrictEqual(
    { version, status, isRejected, servedFrom, pendingRestart, states, pending },
    {
      version: model.version,
      status: model.status,
      isRejected: model.hasRejection,
      servedFrom: serves.isStored ? 'last-good' : 'sources',
      pendingRestart: serves.isHeld ? ['c'] : [],
      states: [model.canaryState, model.guard],
      pending: null,
    },
    'health',
  )
}

function textsIn(layers: readonly Layer[] | undefined): unknown {
  return layers?.map(({ files }) => textsOf(files))
}

/** The files of each source in the store. */
function storedIn({ stored }: World): unknown {
  if (!stored) return undefined
  const { sources } = JSON.parse(Buffer.from(stored).toString()) as {
    readonly sources: readonly { readonly entries: readonly { readonly key: string; readonly text: string }[] }[]
  }
  return sources.map(({ entries }) => Object.fromEntries(entries.map(({ key, text }) => [key, text])))
}

/** Whether `explain()` says where each value comes from. A position in a file takes long to find. */
export async function compareExplanations({ serves }: Model, { process }: World): Promise<void> {
  if (!process || !serves) return
  const parts = ['a', 'b', 'c'] as const
  const explanations = await process.config.explain(parts.map((part) => `${part}.n` as const))
  const explained = explanations.map(({ value, source, overrides, isDefault, pendingRestart, canary, waiting }) => {
    const others = overrides.map(given)
    return {
      value,
      source: shortName(source),
      others,
      isDefault,
      pendingRestart,
      canary,
      waiting: waiting && given(waiting),
    }
  })
  deepStrictEqual(
    explained,
    parts.map((part) => explanationOf(part, serves)),
    'explain()',
  )
}

function given({ value, source }: GivenValue): object {
  return { value, source: shortName(source) }
}

/** What is mounted is the main source. */
function shortName(source: string | undefined): string | undefined {
  return source?.startsWith('volume:') ? 'main' : source
}

function explanationOf(part: 'a' | 'b' | 'c', { layers, value, isHeld, stable = [] }: Served): object {
  const [first, ...others] = giversOf(layers, part)
  const isOfCanary = first?.ofCanary?.[part] !== undefined
  const isWaiting = isHeld && part === 'c'
  const given = (layer: Layer): object => ({ value: layer.files[part], source: nameIn(layer, part) })
  return {
    value: value[part].n,
    source: first && !isWaiting ? nameIn(first, part) : undefined,
    others: isWaiting ? [] : (isOfCanary ? giversOf(stable, part) : others).map(given),
    isDefault: first === undefined && !isWaiting,
    pendingRestart: isWaiting,
    canary: isOfCanary && !isWaiting,
    waiting: first && isWaiting ? given(first) : undefined,
  }
}

function nameIn({ source, ofCanary }: Layer, part: Part): string {
  return ofCanary?.[part] === undefined ? source : 'canary'
}
