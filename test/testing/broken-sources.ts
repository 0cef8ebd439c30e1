import type { Reading } from '@hot-config/core'

import { goodRead, listen, listenAndRecheck, recheck } from './memory-source.ts'
import type { Difference, Store } from './memory-source.ts'

const forever = new Promise<never>(() => {})
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export interface BrokenSource {
  readonly fault: string
  readonly source: Difference
  /** The tests of the contract that must fail. */
  readonly fails: readonly string[]
}

export const broken: readonly BrokenSource[] = [
  {
    fault: 'has no name',
    source: { name: '' },
    fails: ['has a name'],
  },
  {
    fault: 'gives text for bytes',
    source: {
      read: async (store, signal) => {
        const reading = await goodRead(store, signal)
        return { ...reading, entries: [{ key: 'a.json', bytes: String(store.version) as unknown as Uint8Array }] }
      },
    },
    fails: ['gives a revision and entries that are bytes by key or values by path'],
  },
  {
    fault: 'gives a key twice',
    source: {
      read: async (store, signal) => {
        const reading = await goodRead(store, signal)
        return { ...reading, entries: [...reading.entries, ...reading.entries] }
      },
    },
    fails: ['gives a revision and entries that are bytes by key or values by path'],
  },
  {
    fault: 'counts readings in its revision',
    source: {
      read: (() => {
        let count = 0
        return async (store, signal) => ({ ...(await goodRead(store, signal)), revision: String(count++) })
      })(),
    },
    fails: ['gives the same revision when nothing changed'],
  },
  {
    fault: 'has one revision for everything',
    source: { read: async (store, signal) => ({ ...(await goodRead(store, signal)), revision: 'latest' }) },
    fails: ['gives another revision after a change'],
  },
  {
    fault: 'keeps what it read first',
    source: {
      read: (() => {
        const first = new WeakMap<Store, Reading>()
        return async (store, signal) => {
          signal.throwIfAborted()
          if (!first.has(store)) first.set(store, store.reading())
          return first.get(store) ?? store.reading()
        }
      })(),
    },
    fails: ['gives the new content after a change', 'gives another revision after a change'],
  },
  {
    fault: 'reads into the same buffer again and again',
    source: {
      read: (() => {
        const buffers = new WeakMap<Store, Buffer>()
        return async (store, signal) => {
          const reading = await goodRead(store, signal)
          const bytes = buffers.get(store) ?? Buffer.alloc(8)
          buffers.set(store, bytes)
          bytes.write(String(store.version).padStart(8))
          return { ...reading, entries: [{ key: 'a.txt', bytes }] }
        }
      })(),
    },
    fails: ['never alters a reading that it gave'],
  },
  {
    fault: 'reads one key after the other',
    source: {
      read: async (store, signal) => {
        const [a] = (await goodRead(store, signal)).entries
        await turn()
        const { revision, entries } = await goodRead(store, signal)
        return { revision, stamp: revision, entries: [a, entries[1]].filter((entry) => entry !== undefined) }
      },
    },
    fails: ['never mixes what it held before and after a change'],
  },
  {
    fault: 'waits for what is gone',
    source: { read: (store, signal) => (store.present ? goodRead(store, signal) : forever) },
    fails: ['rejects, instead of waiting, when there is nothing to read', 'reads again when what was gone is back'],
  },
  {
    fault: 'ignores the signal',
    source: { read: async (store) => store.reading() },
    fails: ['rejects when the signal is aborted'],
  },
  {
    fault: 'never settles once the signal is aborted',
    source: {
      read: async (store, signal) => {
        await turn()
        return signal.aborted ? forever : store.reading()
      },
    },
    fails: ['rejects when the signal is aborted', 'settles when the signal is aborted while it reads'],
  },
  {
    fault: 'does not say what notices changes',
    source: { by: '' },
    fails: ['says what notices changes'],
  },
  {
    fault: 'never calls changed',
    source: { watch: () => () => {} },
    fails: [
      'calls changed after a change',
      'calls changed after a change between reading and watching',
      'calls changed by rechecking after a notification was lost',
      'calls changed by rechecking after a reading failed',
      'calls changed after every change, when reading gives the new content',
      'calls changed after the last of many quick changes',
      'calls changed after every change without waiting for a recheck',
      'calls changed after the last of many quick changes without waiting for a recheck',
      'calls changed when what was gone is back, and goes on watching it',
      'never calls changed after close',
      'watches before there is anything to read',
      'goes on watching when another watch of the same source is closed',
    ],
  },
  {
    fault: 'only rechecks',
    source: { watch: recheck },
    fails: [
      'calls changed after every change without waiting for a recheck',
      'calls changed after the last of many quick changes without waiting for a recheck',
    ],
  },
  {
    fault: 'never rechecks',
    source: { watch: listen },
    fails: [
      'calls changed after a change between reading and watching',
      'calls changed by rechecking after a notification was lost',
      'calls changed by rechecking after a reading failed',
    ],
  },
  {
    fault: 'notifies of the first change only',
    source: {
      watch: (store, context) => {
        const once = (): void => {
          store.watchers.delete(once)
          context.changed()
        }
        store.watchers.add(once)
        return recheck(store, context)
      },
    },
    fails: [
      'calls changed after every change without waiting for a recheck',
      'calls changed after the last of many quick changes without waiting for a recheck',
    ],
  },
  {
    fault: 'gives what was there the time before',
    source: {
      read: (() => {
        const before = new WeakMap<Store, number>()
        return async (store, signal) => {
          signal.throwIfAborted()
          const version = before.get(store) ?? store.version
          before.set(store, store.version)
          return store.reading(version)
        }
      })(),
    },
    fails: [
      'calls changed after every change without waiting for a recheck',
      'calls changed after the last of many quick changes without waiting for a recheck',
      'gives another revision after a change',
      'gives the new content after a change',
    ],
  },
  {
    fault: 'fails to watch what is not there',
    source: {
      watch: (store, context) => {
        store.reading()
        return listenAndRecheck(store, context)
      },
    },
    fails: ['watches before there is anything to read'],
  },
  {
    fault: 'stops watching when there is nothing to read',
    source: {
      read: async (store, signal) => {
        if (!store.present) store.watchers.clear()
        return goodRead(store, signal)
      },
      watch: listen,
    },
    fails: [
      'calls changed after a change between reading and watching',
      'calls changed by rechecking after a notification was lost',
      'calls changed by rechecking after a reading failed',
      'calls changed when what was gone is back, and goes on watching it',
      'watches before there is anything to read',
    ],
  },
  {
    fault: 'calls changed after close',
    source: {
      watch: (store, context) => {
        listen(store, context)
        return recheck(store, context)
      },
    },
    fails: ['never calls changed after close'],
  },
  {
    fault: 'calls changed late, after close',
    source: {
      watch: (store, context) => {
        const changed = (): void => {
          setImmediate(context.changed)
        }
        return listenAndRecheck(store, { ...context, changed })
      },
    },
    fails: ['never calls changed after close'],
  },
  {
    fault: 'ends all watches when one is closed',
    source: {
      watch: (() => {
        const closes = new WeakMap<Store, (() => void)[]>()
        return (store, context) => {
          const all = closes.get(store) ?? []
          closes.set(store, all)
          all.push(listenAndRecheck(store, context))
          return () => all.forEach((close) => close())
        }
      })(),
    },
    fails: ['goes on watching when another watch of the same source is closed', 'never calls changed after close'],
  },
  {
    fault: 'throws when it is closed twice',
    source: {
      watch: (store, context) => {
        const close = listenAndRecheck(store, context)
        let closed = false
        return () => {
          if (closed) throw new Error('closed already')
          closed = true
          close()
        }
      },
    },
    fails: ['can be closed twice'],
  },
]
