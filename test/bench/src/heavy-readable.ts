import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

import { shared } from './clock.ts'
import { nameOf } from './heavy-document.ts'
import type { FormatName } from './heavy-document.ts'
import { HeavyServer } from './heavy-server.ts'
import { compare } from './measure.ts'
import type { Row } from './measure.ts'
import { rounds } from './rounds.ts'

const ROUNDS = rounds(12, 4)

/** From the rename of `..data` to the new value being readable, by what the main thread does meanwhile. */
export async function measureReadable(format: FormatName): Promise<Row[]> {
  const rows = [await measure(format, 'idle', false, [], 4), await measure(format, 'busy', true, [], 6)]
  const oneProcessor = ['taskset', '-c', firstProcessor()]
  if (spawnSync('taskset', ['--version']).status === 0) {
    rows.push(await measure(format, 'busy, on one processor', true, oneProcessor, 12))
  } else console.error('bench: !!! taskset is missing: updates on one processor are SKIPPED !!!')
  return rows
}

async function measure(
  format: FormatName,
  how: string,
  isBusy: boolean,
  wrapper: readonly string[],
  atMost: number,
): Promise<Row> {
  await using server = await HeavyServer.start(format, 'none', wrapper)
  const samples: number[] = []
  const floors: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    floors.push(await server.ask('bare'))
    const count = await server.prepare()
    if (isBusy) await server.ask('saturate')
    const swapped = server.swap()
    samples.push((await server.whenSeen(count)) - shared(swapped))
    if (isBusy) await server.ask('relax')
  }
  const what = `${nameOf(format)} to readable, main thread ${how}`
  return compare(what, samples, 'its parse alone, on an idle main thread', floors, 'ms', { atMost })
}

/** One that this process may run on. */
function firstProcessor(): string {
  return /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
}
