import assert from 'node:assert/strict'

import { contentOf } from './content.js'
import type { Guarantee } from './guarantee.js'
import type { Subject } from './subject.js'

const SEVERAL = 5
const MANY = 10

/** The guarantees of a source for reading. */
export const reading: readonly Guarantee[] = [
  {
    name: 'has a name',
    async prove({ source }) {
      assert(typeof source.name === 'string' && source.name !== '', 'expected a text')
    },
  },
  {
    name: 'gives a revision and entries that are bytes by key or values by path',
    async prove(subject) {
      const { revision, entries } = await subject.read()
      assert(typeof revision === 'string' && revision !== '', 'revision: expected a text')
      for (const entry of entries) {
        if ('bytes' in entry) {
          assert(entry.bytes instanceof Uint8Array, `${entry.key}: expected bytes as a Uint8Array`)
          assert(isKey(entry.key), `${JSON.stringify(entry.key)}: expected names with "/" between them`)
        } else {
          assert('value' in entry, 'expected an entry with `bytes` or with `value`')
          assert(
            Array.isArray(entry.path) && entry.path.every((name) => typeof name === 'string'),
            'path: expected a list of texts',
          )
        }
      }
      const keys = entries.flatMap((entry) => ('bytes' in entry ? [entry.key] : []))
      assert.deepEqual(keys.sort(), [...new Set(keys)], 'expected every key once')
    },
  },
  {
    name: 'gives the same content when nothing changed',
    async prove(subject) {
      assert.equal(await subject.content(), await subject.content())
    },
  },
  {
    name: 'gives the same revision when nothing changed',
    needs: ['revisions'],
    async prove(subject) {
      const first = await subject.read()
      const second = await subject.read()
      assert.equal(second.revision, first.revision)
      assert.equal(second.stamp, first.stamp, 'stamp')
    },
  },
  {
    name: 'gives the same content to readings at the same time',
    async prove(subject) {
      const [first, ...others] = await Promise.all([subject.content(), subject.content(), subject.content()])
      for (const other of others) assert.equal(other, first)
    },
  },
  {
    name: 'gives the new content after a change',
    needs: ['changes'],
    async prove(subject) {
      const before = await subject.content()
      await subject.change()
      assert.notEqual(await subject.content(), before)
    },
  },
  {
    name: 'gives another revision after a change',
    needs: ['changes', 'revisions'],
    async prove(subject) {
      const revisions = [(await subject.read()).revision]
      for (let count = 0; count < 3; count++) {
        await subject.change()
        const { revision } = await subject.read()
        assert(!revisions.includes(revision), `${revision} was the revision of other content before`)
        revisions.push(revision)
      }
    },
  },
  {
    name: 'never alters a reading that it gave',
    needs: ['changes'],
    async prove(subject) {
      const earlier = await subject.read()
      const content = contentOf(earlier)
      await subject.change()
      await subject.read()
      assert.equal(contentOf(earlier), content)
    },
  },
  {
    name: 'never mixes what it held before and after a change',
    needs: ['changes'],
    async prove(subject) {
      const held = new Set([await subject.content()])
      const seen = new Set<string>()
      for (let count = 0; count < MANY; count++) {
        const [during] = await Promise.all([readSeveral(subject), subject.change()])
        for (const content of during) seen.add(content)
        held.add(await subject.content())
      }
      for (const content of seen) assert(held.has(content), `it never held this:\n${content}`)
    },
  },
  {
    name: 'rejects, instead of waiting, when there is nothing to read',
    needs: ['vanishes'],
    async prove(subject) {
      await subject.takeAway()
      await assert.rejects(subject.read(), notLate)
    },
  },
  {
    name: 'reads again when what was gone is back',
    needs: ['vanishes'],
    async prove(subject) {
      await subject.takeAway()
      await assert.rejects(subject.read(), notLate)
      await subject.bringBack()
      assert.notEqual(await subject.content(), '')
    },
  },
  {
    name: 'rejects when the signal is aborted',
    needs: ['aborts'],
    async prove(subject) {
      await assert.rejects(subject.read(AbortSignal.abort()), notLate)
    },
  },
  {
    name: 'settles when the signal is aborted while it reads',
    async prove(subject) {
      const abort = new AbortController()
      const result = subject.source.read(abort.signal).then(
        () => 'settled',
        () => 'settled',
      )
      abort.abort()
      assert.equal(await subject.soon(result, 'read() settles'), 'settled')
    },
  },
]

async function readSeveral(subject: Subject): Promise<string[]> {
  const contents: string[] = []
  for (let count = 0; count < SEVERAL; count++) contents.push(await subject.content())
  return contents
}

function isKey(key: unknown): boolean {
  return typeof key === 'string' && key.split('/').every((name) => !['', '.', '..'].includes(name))
}

/** Rethrows the error of this contract that waiting was in vain. Every other error is the source's own. */
function notLate(error: unknown): boolean {
  // `instanceof` would fail, because jest runs tests in a realm with its own Error.
  assert(typeof (error as Error | undefined)?.message === 'string', 'expected to be rejected with an Error')
  if (error instanceof assert.AssertionError) throw error
  return true
}
