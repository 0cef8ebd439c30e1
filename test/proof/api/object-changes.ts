import type { ApiObjects, ObjectName } from './api-objects.ts'

const NAMES: readonly ObjectName[] = ['stable', 'canary', 'secret', 'optional', 'first']

/** Something that happens to the objects. */
interface ObjectChange {
  readonly name: string
  readonly object: ObjectName
  make(objects: ApiObjects): Promise<void>
}

const BURST = 20

/** What is right to do with objects. */
export const CHANGES: readonly ObjectChange[] = [
  ...NAMES.flatMap((name): ObjectChange[] => [
    { name: `update ${name}`, object: name, make: (objects) => objects.update(name) },
    { name: `replace ${name}`, object: name, make: (objects) => objects.replace(name) },
    { name: `label ${name}`, object: name, make: (objects) => objects.label(name) },
    {
      name: `update ${name} ${BURST} times`,
      object: name,
      make: async (objects) => {
        for (let turn = 0; turn < BURST; turn++) await objects.update(name)
      },
    },
  ]),
  { name: 'mount first', object: 'first', make: (objects) => objects.mount() },
]

/** Something that is wrong with an object until it ends. */
interface ObjectTrouble {
  readonly name: string
  readonly object: ObjectName
  begin(objects: ApiObjects): Promise<void>
  end(objects: ApiObjects): Promise<void>
}

/** What can be wrong with objects. */
export const TROUBLES: readonly ObjectTrouble[] = NAMES.flatMap((name): ObjectTrouble[] => [
  {
    name: `${name} is gone`,
    object: name,
    begin: (objects) => objects.remove(name),
    end: (objects) => objects.make(name),
  },
  {
    name: `${name} is bad`,
    object: name,
    begin: (objects) => objects.spoil(name),
    end: (objects) => objects.update(name),
  },
  {
    name: `${name} is immutable`,
    object: name,
    begin: (objects) => objects.update(name, { immutable: true }),
    end: (objects) => objects.replace(name),
  },
])
