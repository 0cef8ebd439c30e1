/** What code of an attacker would change: the prototypes, and what they and the global object have. */
const WATCHED: readonly (readonly [string, object])[] = Object.getOwnPropertyNames(globalThis)
  .filter((name) => /^[A-Z]/.test(name))
  .flatMap((name): [string, object][] => {
    const value = (globalThis as Record<string, unknown>)[name]
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return []
    const prototype = (value as { prototype?: unknown }).prototype
    const own: [string, object] = [name, value]
    return typeof prototype === 'object' && prototype !== null ? [own, [`${name}.prototype`, prototype]] : [own]
  })

type Globals = ReadonlyMap<string, ReadonlyMap<PropertyKey, PropertyDescriptor>>

/** Everything that is global now. */
export function globalsNow(): Globals {
  return new Map(
    [...WATCHED, ['globalThis', globalThis] as const].map(([name, object]) => [
      name,
      new Map(
        Reflect.ownKeys(object).map((key) => [key, Object.getOwnPropertyDescriptor(object, key) as PropertyDescriptor]),
      ),
    ]),
  )
}

/** The names of what has changed since. */
export function changedGlobals(before: Globals): string[] {
  const changed: string[] = []
  for (const [name, properties] of globalsNow()) {
    const known = before.get(name)
    for (const [key, { value, get, set }] of properties) {
      const was = known?.get(key)
      if (!was || !Object.is(was.value, value) || was.get !== get || was.set !== set)
        changed.push(`${name}.${String(key)}`)
    }
    if (properties.size < (known?.size ?? 0)) changed.push(name)
  }
  return changed
}

const OFTEN = { Object, Array, Function, String, Number, RegExp, Promise }
const countsNow = (): [string, number][] =>
  Object.entries(OFTEN).map(([name, { prototype }]) => [name, Reflect.ownKeys(prototype).length])
const atStart = new Map(countsNow())

/** The prototypes that have more or fewer properties than at the start. Next to free. */
export function changedPrototypes(): string[] {
  return countsNow().flatMap(([name, count]) => (atStart.get(name) === count ? [] : [name]))
}
