import { types } from 'node:util'

/**
 * Returns what an instance of a class shows beside its enumerable properties: its bytes, its text, its JSON form and its
 * other properties. Code that prints it may show these, so they are secret where the instance is.
 */
export function toldBy(instance: object): readonly unknown[] {
  if (ArrayBuffer.isView(instance)) {
    return [new Uint8Array(instance.buffer, instance.byteOffset, instance.byteLength)]
  }
  if (types.isAnyArrayBuffer(instance)) return [new Uint8Array(instance)]
  const forms = [() => otherProperties(instance), () => [jsonOf(instance)], () => [textOf(instance)]]
  return forms.flatMap((form): readonly unknown[] => {
    try {
      return form()
    } catch {
      // nobody else can read it either
      return []
    }
  })
}

/** The stack of an error has the places in the code, which are not secret. */
function otherProperties(instance: object): unknown[] {
  return Reflect.ownKeys(instance).flatMap((key) => {
    const property = Object.getOwnPropertyDescriptor(instance, key)
    const isOther = property && (!property.enumerable || typeof key === 'symbol') && key !== 'stack'
    return isOther && 'value' in property ? [property.value as unknown] : []
  })
}

function jsonOf(instance: object): unknown {
  const { toJSON } = instance as { readonly toJSON?: unknown }
  return typeof toJSON === 'function' ? (toJSON.call(instance, '') as unknown) : undefined
}

/** The text of an error begins with its name, and that of a date ends with words which all dates have. */
function textOf(instance: object): unknown {
  if (types.isNativeError(instance)) return undefined
  if (types.isDate(instance)) return /^.*:\d\d(?= )/.exec(String(instance))?.[0]
  const { toString } = instance as { readonly toString?: unknown }
  const text: unknown = typeof toString === 'function' ? toString.call(instance) : undefined
  return typeof text === 'string' && !text.startsWith('[object ') ? text : undefined
}
