import { reasonWithoutText } from '@hot-config/core/internal'
import { EVENT_ID, SCALAR_STYLE, YAMLException, getScalarValue, parseEvents } from 'js-yaml'
import type { Event, ScalarEvent } from 'js-yaml'

import { LineIndex } from './line-index.js'
import type { Position } from './line-index.js'

/** A value of a manifest, with its place in the text. */
export type ManifestNode = MapNode | ListNode | ScalarNode

interface MapNode {
  readonly kind: 'map'
  readonly offset: number
  readonly entries: ReadonlyMap<string, MapEntry>
}

export interface MapEntry {
  readonly keyOffset: number
  /** Whether Kubernetes reads the key as text, and not as the text of a number or boolean. */
  readonly isTextKey: boolean
  readonly value: ManifestNode
}

interface ListNode {
  readonly kind: 'list'
  readonly offset: number
  readonly items: readonly ManifestNode[]
}

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly offset: number
  readonly text: string
  /** Whether Kubernetes reads it as text. It rejects numbers and booleans where it expects text. */
  readonly isText: boolean
  /** Whether there is nothing, or `null`. */
  readonly isNull: boolean
  readonly event: ScalarEvent
}

/** The text of a file with manifests. */
export interface ManifestText {
  /** The name in messages. */
  readonly file: string
  readonly text: string
  readonly lines: LineIndex
}

/** A text that is not YAML. The message does not quote it, because it may hold a Secret. */
export class ManifestSyntaxError extends Error {
  override name = 'ManifestSyntaxError'
  readonly position: Position | undefined

  constructor(message: string, position: Position | undefined) {
    super(message)
    this.position = position
  }
}

/** An action of a template of Helm. */
const TEMPLATE = /\{\{-?\s*[.$\w"(/]/

const NULL = /^(?:~|null|Null|NULL|)$/
/** What the YAML parser of Kubernetes, which knows YAML 1.1, reads as a boolean or a number. */
const NO_TEXT =
  /^(?:y|Y|n|N|[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF|[Tt]rue|TRUE|[Ff]alse|FALSE|[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[\da-fA-F_]+|(?:[\d][\d_]*(?:\.[\d_]*)?|\.[\d_]+)(?:[eE][-+]?\d+)?)|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

/**
 * Parses the documents of a text in YAML or JSON. Documents without content are left out.
 *
 * @throws {ManifestSyntaxError} for a text that is not YAML
 */
export function parseManifests({ text, lines }: ManifestText): ManifestNode[] {
  try {
    return new Reader(text).documents()
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    const reason = reasonWithoutText(error.reason)
    const advice = TEMPLATE.test(text) ? '; it looks like a template: validate what `helm template` prints' : ''
    throw new ManifestSyntaxError(
      `is not YAML: ${reason}${advice}`,
      error.mark && lines.positionAt(error.mark.position),
    )
  }
}

/** Reads the parser's flat list of events as nodes. */
class Reader {
  readonly #text: string
  readonly #events: readonly Event[]
  #at = 0
  #anchors = new Map<string, ManifestNode>()

  constructor(text: string) {
    this.#text = text
    this.#events = parseEvents(text, {})
  }

  documents(): ManifestNode[] {
    const found: ManifestNode[] = []
    while (this.#at < this.#events.length) {
      // the start of a document
      this.#at++
      this.#anchors = new Map()
      while (this.#peek() && this.#peek()?.type !== EVENT_ID.POP) {
        const node = this.#node(0)
        if (node.kind !== 'scalar' || !node.isNull) found.push(node)
      }
      this.#at++
    }
    return found
  }

  #peek(): Event | undefined {
    return this.#events[this.#at]
  }

  /** @param near the place of a value that is missing, such as that of its key */
  #node(near: number): ManifestNode {
    const event = this.#events[this.#at++] as Event
    if (event.type === EVENT_ID.ALIAS) {
      const name = this.#text.slice(event.anchorStart, event.anchorEnd)
      const target = this.#anchors.get(name)
      if (!target) YAMLException.throwAt(this.#text, event.anchorStart, 'unidentified alias')
      return target
    }
    const node = this.#read(event, near)
    if ('anchorStart' in event && event.anchorStart >= 0) {
      this.#anchors.set(this.#text.slice(event.anchorStart, event.anchorEnd), node)
    }
    return node
  }

  #read(event: Event, near: number): ManifestNode {
    if (event.type === EVENT_ID.MAPPING) {
      return { kind: 'map', offset: event.start, entries: this.#entries(event.start) }
    }
    if (event.type === EVENT_ID.SEQUENCE) {
      const items: ManifestNode[] = []
      while (this.#peek()?.type !== EVENT_ID.POP) items.push(this.#node(event.start))
      this.#at++
      return { kind: 'list', offset: event.start, items }
    }
    return this.#scalar(event as ScalarEvent, near)
  }

  #entries(start: number): ReadonlyMap<string, MapEntry> {
    const entries = new Map<string, MapEntry>()
    let merged: ManifestNode | undefined
    while (this.#peek()?.type !== EVENT_ID.POP) {
      const key = this.#node(start)
      const value = this.#node(key.offset)
      if (key.kind !== 'scalar') YAMLException.throwAt(this.#text, key.offset, 'expected a key that is text')
      const { text, offset, isText } = key
      if (text === '<<' && isText) merged = value
      else if (entries.has(text)) YAMLException.throwAt(this.#text, offset, 'the same key twice')
      else entries.set(text, { keyOffset: offset, isTextKey: isText, value })
    }
    this.#at++
    if (merged) for (const [key, entry] of mergedEntries(merged)) if (!entries.has(key)) entries.set(key, entry)
    return entries
  }

  #scalar(event: ScalarEvent, near: number): ScalarNode {
    const text = getScalarValue(this.#text, event)
    const isPlain = event.style === SCALAR_STYLE.PLAIN && event.tagStart < 0
    return {
      kind: 'scalar',
      offset: isMissing(event) ? near : startOf(event),
      text,
      isText: !isPlain || !(NULL.test(text) || NO_TEXT.test(text)),
      isNull: isPlain && NULL.test(text),
      event,
    }
  }
}

/** Whether nothing is written where a value is expected. Such a value has no place. */
export function isMissing({ valueStart }: ScalarEvent): boolean {
  return valueStart < 0
}

function startOf({ style, valueStart }: ScalarEvent): number {
  const isQuoted = style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED
  return valueStart - (isQuoted ? 1 : 0)
}

function mergedEntries(node: ManifestNode): (readonly [string, MapEntry])[] {
  if (node.kind === 'list') return node.items.toReversed().flatMap(mergedEntries)
  return node.kind === 'map' ? Array.from(node.entries) : []
}

/** The value at a path of keys in a node, `undefined` where there is none. */
export function nodeAt(node: ManifestNode | undefined, ...keys: readonly string[]): ManifestNode | undefined {
  let found = node
  for (const key of keys) found = found?.kind === 'map' ? found.entries.get(key)?.value : undefined
  return found
}

/** The text at a path of keys in a node, `undefined` where there is none. */
export function textAt(node: ManifestNode | undefined, ...keys: readonly string[]): string | undefined {
  const found = nodeAt(node, ...keys)
  return found?.kind === 'scalar' && !found.isNull ? found.text : undefined
}

/** The items of the list at a path of keys in a node, none where there is no list. */
export function itemsAt(node: ManifestNode | undefined, ...keys: readonly string[]): readonly ManifestNode[] {
  const found = nodeAt(node, ...keys)
  return found?.kind === 'list' ? found.items : []
}
