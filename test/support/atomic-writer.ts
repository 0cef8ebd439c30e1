import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const assets = process.env['KUBEBUILDER_ASSETS']

/** Whether the kubelet's own volume writer is at hand. */
export const hasAtomicWriter: boolean = assets !== undefined

/** Has the kubelet's own code write these contents into a volume, one after another as fast as it can. */
export async function writeAtomically(
  folder: string,
  updates: Iterable<Record<string, string>>,
  interval = '0',
): Promise<void> {
  const writer = spawn(join(assets ?? '', 'atomic-writer'), ['-interval', interval, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let output = ''
  writer.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  for (const files of updates) writer.stdin.write(`${JSON.stringify({ files })}\n`)
  writer.stdin.end()
  const [code] = (await once(writer, 'close')) as [number | null]
  const failed = output.split('\n').find((line) => line !== '' && !line.includes('"err":"<nil>"'))
  if (code !== 0 || failed !== undefined) throw new Error(`the volume writer ended with ${code}: ${failed}`)
}
