// npm run bench [-- --only NAME]: prints a table and writes results.json beside this file.
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, platform } from 'node:os'
import { parseArgs } from 'node:util'

const here = new URL('.', import.meta.url)
const names = readdirSync(here).flatMap((file) => /^(.*)\.bench\.ts$/.exec(file)?.[1] ?? [])
const { values } = parseArgs({ options: { only: { type: 'string' } } })
if (values.only !== undefined && !names.includes(values.only)) {
  console.error(`--only: expected one of ${names.join(', ')}`)
  process.exit(2)
}

const chosen = values.only === undefined ? names : [values.only]
const results = new URL('results.json', here)
rmSync(results, { force: true })
let failed = false
const rows = []
for (const name of chosen) {
  const partial = new URL(`.${name}.json`, here)
  rmSync(partial, { force: true })
  const args = ['vitest', 'run', '--config', 'test/bench/vitest.config.ts', `${name}.bench.ts`]
  const { status } = spawnSync('npx', args, { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status === 0) rows.push(...JSON.parse(readFileSync(partial, 'utf8')))
  else {
    failed = true
    console.error(`${name}: failed`)
  }
  rmSync(partial, { force: true })
}

const number = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))
console.table(
  rows.map(({ what, against, unit, median, floor, ratio, low, high, goal, samples }) => ({
    what,
    against,
    [`median`]: `${number(median)} ${unit}`,
    floor: `${number(floor)} ${unit}`,
    ratio: number(ratio),
    'p10 to p90': `${number(low)} to ${number(high)}`,
    goal: goal ?? '',
    samples,
  })),
)
const machine = {
  node: process.version,
  platform: platform(),
  cpus: cpus().length,
  model: cpus()[0]?.model,
  date: new Date().toISOString(),
}
writeFileSync(results, `${JSON.stringify({ machine, rows }, null, 2)}\n`)
process.exitCode = failed ? 1 : 0
