// npm run soak [-- --minutes 60 --seed N --docs]: runs an app on each framework under steady load while updates, faults
// of the API and rebuilds of a resource go on. Fails when a request failed that no bad value made fail, when heap or
// handles grow, and when an app does not serve the last content. --docs draws the result and writes the page on proof.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { plotSoak } from './soak-plot.mjs'

const root = new URL('..', import.meta.url)
const [PAGE, PLOT] = ['docs/proof.md', 'docs/soak.svg']
const [BEGIN, END] = ['<!-- soak: begin -->', '<!-- soak: end -->']

const { values: given } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string' },
    docs: { type: 'boolean', default: false },
  },
})
if (!(Number(given.minutes) > 0)) {
  console.error(`--minutes: expected a number above 0, got ${given.minutes}`)
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), 'hot-config-soak-'))
const file = join(folder, 'report.json')
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', '--project=all', 'test/proof/soak.test.ts'],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      // the large form of the search takes 20 minutes
      HOT_CONFIG_PROOF_SHARE: String(Number(given.minutes) / 20),
      HOT_CONFIG_SOAK_REPORT: file,
      ...(given.seed !== undefined && { HOT_CONFIG_PROOF_SEED: given.seed }),
    },
  },
)
const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
rmSync(folder, { recursive: true })
const isGood = status === 0 && report !== undefined
if (report) console.log(`\n${describe(report)}\n`)
console.log(`soak: ${isGood ? 'nothing failed, nothing grew' : '!!! FAILED, see above'}`)

if (given.docs && isGood) {
  writeFileSync(new URL(PLOT, root), plotSoak(report))
  const page = readFileSync(new URL(PAGE, root), 'utf8')
  const command = ['npm run soak --', ...process.argv.slice(2)].join(' ')
  const origin = [
    `- Command: \`${command}\`, seed ${report.seed}`,
    `- Machine: ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, Node ${process.version}; other work ran on it, with a load of ${loadavg()[2].toFixed(1)} at the end`,
    `- Date: ${report.startedAt.slice(0, 10)}`,
  ].join('\n')
  const picture = `![Heap, open files, delay of the event loop, requests and reloads of the three apps over ${report.minutes} minutes](soak.svg)`
  const [begin, end] = [page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)]
  const section = [origin, describe(report), picture].join('\n\n')
  writeFileSync(new URL(PAGE, root), `${page.slice(0, begin)}\n\n${section}\n\n${page.slice(end)}`)
  spawnSync('npx', ['oxfmt', PAGE], { cwd: root, stdio: 'inherit' })
  console.log(`soak: wrote ${PAGE} and ${PLOT}`)
}
process.exit(isGood ? 0 : 1)

/** The result as a table. */
function describe({ minutes, requests, happened, growths, bounds, samples }) {
  const count = (number) => new Intl.NumberFormat('en').format(number)
  const kib = (bytes) => `${count(Math.round(bytes / 1024))} KiB`
  const last = samples.at(-1).apps
  const sum = (what) => Object.values(last).reduce((total, app) => total + app[what], 0)
  const worst = (what) => Math.max(...Object.values(growths).map((growth) => growth[what]))
  const longest = Math.max(...samples.flatMap(({ apps }) => Object.values(apps).map(({ delayMs }) => delayMs)))
  const events = Object.values(happened).reduce((total, times) => total + times, 0)
  const rows = [
    ['what', 'result', 'bound'],
    ['---', '---', '---'],
    ['minutes', String(minutes), ''],
    ['updates, canaries, take-backs, rebuilds and faults of the API', count(events), ''],
    ['reloads of the apps: changed, rejected', `${count(sum('changed'))}, ${count(sum('rejected'))}`, ''],
    ['requests that were answered', count(requests.answered), ''],
    ['requests that a bad value failed before it was taken back', count(requests.spoiled), ''],
    ['requests that failed in any other way', count(requests.failed), '0'],
    ['growth of a heap in the second half, at most', kib(worst('heapUsed')), kib(bounds.heapUsed)],
    ['growth of open files in the second half, at most', worst('fds').toFixed(1), String(bounds.fds)],
    ['growth of handles in the second half, at most', worst('handles').toFixed(1), String(bounds.handles)],
    ['delay of an event loop, 99th percentile, at most', `${Math.round(longest)} ms`, 'none'],
    ['health of all apps at the end', 'pass', 'pass'],
    ['content that all apps serve at the end', 'the last', 'the last'],
  ]
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
