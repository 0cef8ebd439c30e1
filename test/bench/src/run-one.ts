// node --expose-gc run-one.js NAME: runs one bench in this process and sends its rows to the parent.
import type { Row } from './measure.ts'

const [name] = process.argv.slice(2)
const { default: bench } = (await import(`./${name}.bench.js`)) as { default: () => Promise<Row[]> }
const rows = await bench()
// whatever the bench left open must not keep the others waiting
process.send?.(rows, () => process.exit())
