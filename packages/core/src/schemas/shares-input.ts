/** The parts of the schemas of zod 3, zod 4 and valibot that are used here. */
interface Node {
  readonly _zod?: { readonly def?: object }
  readonly _def?: object
}

/** What a schema consists of: other schemas, in lists and objects, under names that differ between the libraries. */
interface Definition {
  readonly type?: unknown
  readonly typeName?: unknown
  readonly effect?: { readonly type?: unknown }
  readonly unknownKeys?: unknown
  readonly in?: unknown
  readonly out?: unknown
  readonly shape?: unknown
  readonly getter?: unknown
}

/** Lazy schemas may create others without end. */
const MAX_VISITS = 20_000

/** Types whose output is their input itself, or has parts of it. A lazy schema of valibot depends on the input. */
const SHARING = new Set<unknown>(
  'any unknown custom transform loose_object loose_tuple lazy ZodAny ZodUnknown'.split(' '),
)

/** Not schemas. The default may be a function of the program behind a getter. */
const OTHERS = new Set(['checks', 'defaultValue', 'default', 'fallback', '~standard'])

/**
 * Whether functions of the program, such as a `preprocess()`, can get parts of the input of a schema of zod or valibot.
 * They may mutate these parts. All other types copy their input.
 */
export function sharesInput(schema: object): boolean {
  const visited = new Set<unknown>([schema])
  try {
    for (const each of visited) {
      if (visited.size > MAX_VISITS) return true
      const found = partsOf(each)
      if (!found) return true
      for (const part of found) visited.add(part)
    }
    return false
  } catch {
    // A lazy schema may throw while it is not complete.
    return true
  }
}

/** @returns `undefined` for a schema that shares its input */
function partsOf(value: unknown): readonly unknown[] | undefined {
  if (typeof value !== 'object' || value === null) return []
  const { _zod, _def } = value as Node
  const definition: Definition = _zod?.def ?? _def ?? value
  const { type, typeName, effect, unknownKeys, in: input, out, shape, getter } = definition
  const isLazy = typeof getter === 'function' && (_zod ?? _def) !== undefined
  if (SHARING.has(isLazy ? undefined : type) || SHARING.has(typeName)) return undefined
  if (effect?.type === 'preprocess' || unknownKeys === 'passthrough') return undefined
  // An object of properties has no type of its own, and may have any names.
  const isSchema = typeof (type ?? typeName) === 'string'
  const isOther = (name: string): boolean => OTHERS.has(name) || (name === 'out' && isTransform(out))
  const parts = Object.keys(definition).filter((name) => !(isSchema && isOther(name)))
  return [
    // What transforms the output of another schema gets a copy.
    ...parts.map((name) => (definition as Record<string, unknown>)[name]),
    input,
    ...(typeof shape === 'function' ? [shape()] : []),
    ...(isLazy ? [(getter as () => unknown)()] : []),
  ]
}

function isTransform(schema: unknown): boolean {
  return (schema as { _zod?: { def?: Definition } } | undefined)?._zod?.def?.type === 'transform'
}
