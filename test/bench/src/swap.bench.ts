import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { createHotConfig } from '@hot-config/core'

import { compare } from './measure.ts'
import type { Row } from './measure.ts'

const SWAPS = 400
const WARM_UP = 100

/** A volume of one small file whose swap is timed at the rename, and nothing else. */
function tinyVolume() {
  const path = mkdtempSync(join(tmpdir(), 'bench-volume-'))
  let before: string | undefined
  let last: string | undefined
  return {
    path,
    swap(count: number): number {
      const target = `..${count}`
      mkdirSync(join(path, target))
      writeFileSync(join(path, target, 'app.json'), JSON.stringify({ count }))
      symlinkSync(target, join(path, '..data_tmp'))
      // the kubelet, another process, does this after the rename: here it would hold up who is measured
      if (before !== undefined) rmSync(join(path, before), { recursive: true })
      before = last
      last = target
      const at = performance.now()
      renameSync(join(path, '..data_tmp'), join(path, '..data'))
      return at
    },
    remove: () => rmSync(path, { recursive: true }),
  }
}

export default async function swap(): Promise<Row[]> {
  const ours = tinyVolume()
  const bare = tinyVolume()
  ours.swap(0)
  bare.swap(0)
  let seen = { ours: { count: 0, at: 0 }, bare: { count: 0, at: 0 } }
  const config = await createHotConfig({ sources: ours.path, logger: false })
  config.onChange(({ next }) => {
    seen = { ...seen, ours: { count: next.value['count'] as number, at: performance.now() } }
  })
  const watcher = watch(bare.path, (_event, name) => {
    if (name !== '..data') return
    const text = readFileSync(join(bare.path, readlinkSync(join(bare.path, '..data')), 'app.json'), 'utf8')
    const { count } = JSON.parse(text) as { count: number }
    seen = { ...seen, bare: { count, at: performance.now() } }
  })
  const samples = { ours: [] as number[], bare: [] as number[] }
  for (let count = 1; count <= SWAPS; count++) {
    for (const [name, volume] of [
      ['ours', ours],
      ['bare', bare],
    ] as const) {
      const at = volume.swap(count)
      for (const end = at + 10_000; seen[name].count !== count && performance.now() < end;) await delay(1)
      if (count > WARM_UP) samples[name].push(seen[name].at - at)
      // what the swap leaves behind must not fall into the next
      await delay(3)
    }
  }
  watcher.close()
  await config.close()
  ours.remove()
  bare.remove()
  const floor = 'a bare fs.watch, read and JSON.parse'
  return [compare('rename of ..data to new value readable', samples.ours, floor, samples.bare, 'ms', { atMost: 1.5 })]
}
