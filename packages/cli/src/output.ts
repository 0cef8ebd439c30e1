import { once } from 'node:events'

/** Writes a text and a line end to standard output, and waits until the reader has room. */
export async function print(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(`${text}\n`)) await once(process.stdout, 'drain')
}
