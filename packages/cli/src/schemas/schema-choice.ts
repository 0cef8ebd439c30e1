import type { ConfigObject } from '../manifests/config-object.js'
import { isCalled, namedObject } from '../manifests/object-name.js'
import { UsageError } from '../usage-error.js'

/**
 * A value of `--schema`: `FILE`, or `NAME=FILE` for the object with that name, `A+B=FILE` for objects of one service. A name
 * may have a kind, as in `secret/shop`.
 */
export interface SchemaChoice {
  readonly file: string
  /** Without names, the schema is for all objects that no other schema names. */
  readonly names?: readonly string[]
}

/** Objects that one service merges, with their schema. */
export interface Target {
  readonly schema: string
  /** Later ones override earlier ones. */
  readonly objects: readonly ConfigObject[]
}

/** The ending that kustomize adds to the name of a generated object. */
const NAME_HASH = /-[2456789bcdfghkmt]{10}$/

export function hasNameHash(name: string): boolean {
  return NAME_HASH.test(name)
}

export function nameWithoutHash(name: string): string {
  return name.replace(NAME_HASH, '')
}

/**
 * Reads the values of all `--schema` of a command.
 *
 * @throws {UsageError} when two of them are for the same objects
 */
export function parseSchemaChoices(texts: readonly string[]): readonly SchemaChoice[] {
  const choices = texts.map(parseSchemaChoice)
  const seen = new Set<string>()
  for (const { names } of choices) {
    const key = names?.join('+') ?? ''
    if (!seen.has(key)) seen.add(key)
    else if (names) throw new UsageError(`there are several --schema ${key}=FILE: choose one`)
    else throw new UsageError('there are several --schema without a name: write --schema NAME=FILE')
  }
  return choices
}

function parseSchemaChoice(text: string): SchemaChoice {
  const [, list, file] = /^([a-z0-9.+/-]+)=(.+)$/.exec(text) ?? []
  const names = list?.split('+')
  if (file === undefined || !names?.every(namedObject)) return { file: text }
  return { names, file }
}

/**
 * Finds out which objects are validated by which schema.
 *
 * @param names the objects to validate, `A+B` for objects of one service. Default: all objects
 * @throws {UsageError} when there is no object, no schema for a name, or no object with a name
 */
export function chooseTargets(
  objects: readonly ConfigObject[],
  schemas: readonly SchemaChoice[],
  names: readonly string[],
): Target[] {
  const named = schemas.flatMap((choice) => (choice.names ? [{ ...choice, names: choice.names }] : []))
  const general = schemas.find((choice) => !choice.names)
  if (objects.length === 0) throw new UsageError('the input has no ConfigMap and no Secret')

  const groups = names.length > 0 ? names.map((name) => ({ names: name.split('+'), file: fileFor(name) })) : named
  const targets = groups.flatMap((group) => targetsOf(objects, group.names, group.file))
  if (!general || names.length > 0) return targets
  const taken = new Set(targets.flatMap((target) => target.objects))
  const rest = objects.filter((object) => !taken.has(object))
  return [...targets, ...rest.map((object) => ({ schema: general.file, objects: [object] }))]

  function choiceOf(key: string): SchemaChoice | undefined {
    return named.find((choice) => choice.names.join('+') === key)
  }

  function fileFor(name: string): string {
    const bare = name.split('+').map((each) => namedObject(each)?.name ?? each)
    const chosen = choiceOf(name) ?? choiceOf(bare.join('+')) ?? general
    if (!chosen) throw new UsageError(`${name} has no schema: write --schema ${name}=FILE`)
    return chosen.file
  }
}

/** Objects with the same name in several namespaces, or with several hashes, are validated one by one. */
function targetsOf(objects: readonly ConfigObject[], names: readonly string[], schema: string): Target[] {
  const found = names.map((name) => objects.filter((object) => isNamed(object, name)))
  for (const [index, name] of names.entries()) if (found[index]?.length === 0) throw missing(objects, name)
  const [first = [], ...others] = found
  return first.map((object) => ({
    schema,
    objects: [
      object,
      ...others.flatMap((all) => all.find(({ namespace }) => namespace === object.namespace) ?? all[0] ?? []),
    ],
  }))
}

function isNamed({ kind, name }: ConfigObject, wanted: string): boolean {
  return isCalled({ kind, name }, wanted) || isCalled({ kind, name: nameWithoutHash(name) }, wanted)
}

function missing(objects: readonly ConfigObject[], wanted: string): UsageError {
  const { kind, name = wanted } = namedObject(wanted) ?? {}
  const all = [...new Set(objects.map((object) => (kind ? `${object.kind} ${object.name}` : object.name)))]
  const what = kind ?? 'ConfigMap and no Secret'
  return new UsageError(`the input has no ${what} with the name ${name}; there are: ${all.slice(0, 10).join(', ')}`)
}
