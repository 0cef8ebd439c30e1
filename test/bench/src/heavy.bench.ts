import { measureAnswers } from './heavy-answers.ts'
import { measureReadable } from './heavy-readable.ts'
import { HeavyServer } from './heavy-server.ts'
import { measureStalls, measureStallsWithSchema } from './heavy-stalls.ts'
import type { Row } from './measure.ts'

/** Updates of one document of 1 MiB, while the same process serves requests under a steady load from this one. */
export default async function heavy(): Promise<Row[]> {
  const rows: Row[] = []
  for (const format of ['yaml', 'toml', 'json'] as const) {
    await using server = await HeavyServer.start(format)
    rows.push(...(await measureStalls(server, format)), await measureAnswers(server, format))
  }
  for (const schema of ['function', 'zod'] as const) rows.push(await measureStallsWithSchema('yaml', schema))
  return [...rows, ...(await measureReadable('yaml'))]
}
