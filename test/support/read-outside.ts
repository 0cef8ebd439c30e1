import { chmodSync, mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

import { afterEach, beforeEach, expect } from 'vitest'

import { replaceAtOnce } from './file-layouts.ts'
import type { Reader, ReaderReport } from './reader-process.ts'
import { updateAtOnce } from './stepped-kubelet.ts'

/** How often a reader checks without a notification, in milliseconds. */
export const RECHECK_MS = 50

/** What a reader outside reads: a new folder for each test, with number 1 in its folder `below`. */
export function useReadFolder(): { readonly below: string; at(path: string): string } {
  let root = ''
  const at = (path: string): string => join(root, path)
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'read-outside-'))
    // for a reader without rights
    chmodSync(root, 0o755)
    mkdirSync(at('below'))
    write(at('below'), 1)
  })
  afterEach(() => rm(root, { recursive: true, force: true }))
  return {
    get below() {
      return at('below')
    },
    at,
  }
}

/** The options of a reader of a volume, a plain folder and a file, which are below a folder. */
export const optionsFor = (below: string): string => `{
  recheckMs: ${RECHECK_MS},
  sources: ['mounted', 'plain'].map((name) => volume(${JSON.stringify(below)} + '/' + name))
    .concat(file(${JSON.stringify(below)} + '/one.json')),
}`

/** Grows and shrinks, so that the start of the next text is often this one. */
export const textOf = (n: number): string => 'x'.repeat([1, 2, 3, 9, 70_000, 10, 20, 4_097][n % 8] ?? 1)

/** Writes a number to all of them. */
export function write(below: string, n: number): void {
  const a = JSON.stringify({ a: { n, text: textOf(n) } })
  updateAtOnce(join(below, 'mounted'), { 'a.json': a, 'folder/b.json': `{"b":${n}}`, c: textOf(n) })
  replaceAtOnce(join(below, 'plain/d.yaml'), `d: ${n}`)
  replaceAtOnce(join(below, 'plain/e'), textOf(n))
  replaceAtOnce(join(below, 'one.json'), JSON.stringify({ f: n, g: textOf(n) }))
}

function valueOf(n: number): object {
  const text = textOf(n)
  return { a: { n, text }, folder: { b: n }, c: text, d: n, e: text, f: n, g: text }
}

/** Whether a number serves, without the long texts in the message. */
function serves({ current }: ReaderReport, n: number): void {
  expect(isDeepStrictEqual(current, valueOf(n)), `serves ${n}`).toBe(true)
}

export const isServed =
  (n: number) =>
  (report: ReaderReport): void => {
    expect(report.health).toMatchObject({ status: 'pass', lastRejection: null })
    serves(report, n)
  }

/** What was logged since a report. */
export const linesSince = (before: ReaderReport, { lines }: ReaderReport): readonly string[] =>
  lines.slice(before.lines.length).map(({ level, message }) => `${level}: ${message}`)

interface Fault {
  begin(): void
  end(): void
}

/** Checks that the last good configuration serves while something can't be read, and the next one afterwards. */
export async function unreadable(reader: Reader, below: string, n: number, fault: Fault): Promise<void> {
  const before = await reader.until(isServed(n - 1))
  fault.begin()
  const during = await reader.until(({ health }) =>
    expect(health).toMatchObject({ status: 'warn', lastRejection: { at: expect.any(String) } }),
  )
  serves(during, n - 1)
  fault.end()
  write(below, n)
  const lines = linesSince(before, await reader.until(isServed(n)))
  const rejected = lines.filter((line) => line.startsWith('warn: update rejected'))
  // at most one for each source, since another check may meet each of them
  expect(rejected.length).toBeGreaterThan(0)
  expect(rejected.length).toBeLessThanOrEqual(before.health.sources.length)
  expect(lines.filter((line) => line.startsWith('warn'))).toEqual(rejected)
  expect(lines.filter((line) => line.includes('up to date again'))).toHaveLength(1)
}

/** Closes a reader that must have leaked nothing since its start. */
export async function endWhole(reader: Reader, start: ReaderReport): Promise<void> {
  const { held, unhandled } = await reader.report()
  expect(unhandled).toEqual([])
  expect(held.watches).toBe(start.held.watches)
  // some may just be open for a reading
  expect(held.files).toBeLessThan(start.held.files + 5)
  await reader.close()
}
