import { createHotConfig } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import convict from 'convict'

import { compare } from './measure.ts'
import type { Row } from './measure.ts'

const ROUNDS = 25
const READS = 2_000_000

/** A loop of its own for every subject: shared code would be optimized for the mix of them. */
function loop(read: string): (subject: unknown, count: number) => number {
  // oxlint-disable-next-line typescript/no-implied-eval -- the text is a constant below
  return new Function(
    'subject',
    'count',
    `let sum = 0; for (let i = 0; i < count; i++) sum += ${read}; return sum`,
  ) as never
}

export default async function read(): Promise<Row[]> {
  let held: Record<string, unknown> = {}
  const source: Source = {
    name: 'counter',
    read: async () => ({ revision: 'r', entries: [{ path: [], value: held }] }),
  }
  const config = await createHotConfig({ sources: source, logger: false })
  for (let count = 0; count <= 1_000; count++) {
    held = { a: { b: { c: count } }, other: { d: 'text', e: [count] } }
    await config.reload()
  }
  const other = convict({ a: { b: { c: { format: 'nat', default: 1_000 } } } })
  const subjects = {
    plain: [loop('subject.current.a.b.c'), { current: { a: { b: { c: 1_000 } } } }],
    current: [loop('subject.current.a.b.c'), config],
    get: [loop("subject.get('a.b.c')"), config],
    convict: [loop("subject.get('a.b.c')"), other],
  } as const
  const samples: Record<keyof typeof subjects, number[]> = { plain: [], current: [], get: [], convict: [] }
  for (let round = -3; round < ROUNDS; round++) {
    for (const [name, [run, subject]] of Object.entries(subjects)) {
      const count = name === 'convict' ? READS / 20 : READS
      const started = performance.now()
      if (run(subject, count) !== count * 1_000) throw new Error(`${name} reads something else`)
      if (round >= 0) samples[name as keyof typeof subjects].push(((performance.now() - started) / count) * 1e6)
    }
  }
  await config.close()
  const plain = 'a plain property read'
  return [
    compare('config.current.a.b.c', samples.current, plain, samples.plain, 'ns', { atMost: 1.1 }),
    compare("config.get('a.b.c')", samples.get, plain, samples.plain, 'ns', { atMost: 12 }),
    compare("convict's get('a.b.c')", samples.convict, 'config.current.a.b.c', samples.current, 'ns', { atLeast: 100 }),
    compare("convict's get('a.b.c')", samples.convict, "config.get('a.b.c')", samples.get, 'ns', { atLeast: 10 }),
  ]
}
