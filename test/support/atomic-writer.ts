import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'

const assets = process.env['KUBEBUILDER_ASSETS']

/** Whether the kubelet's own volume writer is at hand. */
export const hasAtomicWriter: boolean = assets !== undefined

/**
 * Has the kubelet's own code write these contents into a volume, one after another as fast as it can. They are asked for
 * as they are written, so that there may be any number of them.
 */
export async function writeAtomically(
  folder: string,
  updates: Iterable<Record<string, string>>,
  interval = '0',
): Promise<void> {
  const writer = spawn(join(assets ?? '', 'atomic-writer'), ['-interval', interval, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let failed: string | undefined
  createInterface(writer.stdout).on('line', (line) => {
    if (line !== '' && !line.includes('"err":"<nil>"')) failed ??= line
  })
  Readable.from(linesOf(updates)).pipe(writer.stdin)
  const [code] = (await once(writer, 'close')) as [number | null]
  if (code !== 0 || failed !== undefined) throw new Error(`the volume writer ended with ${code}: ${failed}`)
}

function* linesOf(updates: Iterable<Record<string, string>>): Generator<string> {
  for (const files of updates) yield `${JSON.stringify({ files })}\n`
}
