import { expect } from 'vitest'

import type { Part } from './content.ts'
import { giversOf } from './layers.ts'
import type { Layer } from './layers.ts'
import type { Model, Served } from './model.ts'
import type { World } from './world.ts'

/** Whether the world is as the model says. */
export async function compare(model: Model, world: World): Promise<void> {
  const { config, journal } = world
  const { serves } = model
  expect(config?.current).toEqual(serves?.value)
  if (!config || !journal || !serves) return
  world.check()
  const health = config.health()
  expect({
    version: health.version,
    status: health.status,
    isRejected: health.lastRejection !== null,
    servedFrom: health.servedFrom,
    pendingRestart: health.pendingRestart,
    canary: health.canary?.state ?? null,
    guard: health.guard?.state ?? null,
    pending: health.pending,
  }).toEqual({
    version: model.version,
    status: model.status,
    isRejected: model.hasRejection,
    servedFrom: serves.isStored ? 'last-good' : 'sources',
    pendingRestart: serves.isHeld ? ['c'] : [],
    canary: model.canaryState,
    guard: model.guard,
    pending: null,
  })
  await compareExplanations(world, serves)
}

async function compareExplanations({ config }: World, serves: Served): Promise<void> {
  const parts = ['a', 'b', 'c'] as const
  const explanations = await config?.explain(parts.map((part) => `${part}.n` as const))
  parts.forEach((part, index) => {
    const isHeld = serves.isHeld && part === 'c'
    const [first, ...others] = giversOf(serves.layers, part)
    const isOfCanary = first?.ofCanary?.[part] !== undefined
    const replaced = isOfCanary ? giversOf(serves.stable ?? [], part) : others
    const given = (layer: Layer): object => ({ value: layer.files[part], source: nameIn(layer, part) })
    const where = first && !isHeld ? { source: nameIn(first, part) } : {}
    expect(explanations?.[index]).toMatchObject({
      ...where,
      path: `${part}.n`,
      value: serves.value[part].n,
      isDefault: first === undefined && !isHeld,
      pendingRestart: isHeld,
      canary: isOfCanary && !isHeld,
      overrides: isHeld ? [] : replaced.map(given),
      ...(isHeld && first && { waiting: given(first) }),
    })
  })
}

function nameIn({ source, ofCanary }: Layer, part: Part): string {
  return ofCanary?.[part] === undefined ? source : 'canary'
}
