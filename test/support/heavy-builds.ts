import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Worker } from 'node:worker_threads'

// Two builds of the same code. Beside the sources there is no file that a worker could run, so they parse on the main
// thread. The built package has one.
import * as onMain from '@hot-config/core'
import type { HotConfig, Schema, Source } from '@hot-config/core'
import { afterEach, beforeEach } from 'vitest'

import * as inWorker from '../../packages/core/dist/index.js'
import { drivenSource, fileEntries } from './driven-source.ts'
import type { DrivenSource } from './driven-source.ts'

export { inWorker, onMain }

export type Tree = Record<string, unknown>
export type Files = Readonly<Record<string, string>>

/** Workers of this process. */
export interface Workers {
  /** How many have answered. */
  readonly answered: number
  readonly running: number
}

/** Counts the workers of each test of this file, and waits after it until all of them have ended. */
export function countWorkers(): Workers {
  let counts = { answered: 0, running: 0 }
  const count = (worker: Worker): void => {
    const mine = counts
    mine.running++
    worker.once('message', () => mine.answered++)
    worker.once('exit', () => mine.running--)
  }
  beforeEach(() => {
    counts = { answered: 0, running: 0 }
    process.on('worker', count)
  })
  afterEach(async () => {
    while (counts.running > 0) await new Promise(setImmediate)
    process.off('worker', count)
  })
  return {
    get answered() {
      return counts.answered
    },
    get running() {
      return counts.running
    },
  }
}

/** What the script prints in a process of its own. */
export async function runScript(mode: string, ...flags: string[]): Promise<unknown> {
  const script = fileURLToPath(new URL('heavy-process.mjs', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, mode], { timeout: 30_000 })
  return JSON.parse(stdout)
}

/** A source of files. */
export const filesSource = (files: Files, secret = false): DrivenSource<Files> =>
  drivenSource(files, { reading: (held) => ({ entries: fileEntries(held, secret) }) })

export const start = (core: typeof onMain, sources: Source, schema?: Schema): Promise<HotConfig<Tree>> =>
  core.createHotConfig({ sources, logger: false, ...(schema && { schema }) }) as Promise<HotConfig<Tree>>
