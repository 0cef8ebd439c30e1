// npm run proof [-- --share 0.1 --seed N -t NAME --docs]: searches for cases that break a guarantee, far longer than the
// tests do, and prints what was tried. --share tries a part of it, --seed repeats a search, -t chooses by name, and --docs
// writes the page on proof.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const root = new URL('..', import.meta.url)
const PAGE = 'docs/proof.md'
const [BEGIN, END] = ['<!-- results: begin -->', '<!-- results: end -->']

const { values: given } = parseArgs({
  options: {
    share: { type: 'string', default: '1' },
    seed: { type: 'string' },
    name: { type: 'string', short: 't' },
    docs: { type: 'boolean', default: false },
  },
})
if (!(Number(given.share) > 0)) {
  console.error(`--share: expected a number above 0, got ${given.share}`)
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), 'hot-config-proof-'))
const report = join(folder, 'report.json')
const started = Date.now()
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project=all',
    'test/proof',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...(given.name === undefined ? [] : ['-t', given.name]),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      // most searches wait for something rather than compute
      VITEST_MAX_WORKERS: String(2 * availableParallelism()),
      ...process.env,
      HOT_CONFIG_PROOF_SHARE: given.share,
      ...(given.seed !== undefined && { HOT_CONFIG_PROOF_SEED: given.seed }),
    },
  },
)
const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
rmSync(folder, { recursive: true })

const all = testResults.flatMap(({ assertionResults }) => assertionResults)
const tried = all.filter(({ meta }) => meta.proof)
// with -t, what was not chosen is skipped too
const skipped =
  given.name === undefined ? all.filter(({ status: is }) => is === 'skipped').map(({ title }) => title) : []
const failures = all.filter(({ status: is }) => is === 'failed').length

const count = (number) => new Intl.NumberFormat('en').format(number)
const rows = tried.map(({ title, status: result, duration, meta: { proof } }) => [
  title,
  proof.proves.join(', '),
  `${count(proof.cases)} ${proof.unit}`,
  result === 'passed' ? 'none' : 'FAILED',
  `${Math.round(duration / 1000)} s`,
  String(proof.seed),
])
const tableOf = (rows) =>
  [['search', 'guarantees', 'cases tried', 'failures', 'time', 'seed'], Array(6).fill('---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')

console.log(`\n${tableOf(rows)}\n`)
for (const title of skipped) console.log(`proof: !!! skipped, this machine lacks what it needs: ${title}`)
console.log(`proof: ${tried.length} searches in ${Math.round((Date.now() - started) / 1000)} s, ${failures} failed`)

if (given.docs) {
  const page = readFileSync(new URL(PAGE, root), 'utf8')
  const [begin, end] = [page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)]
  const results = given.name === undefined ? whole() : repeated(page.slice(begin, end))
  writeFileSync(new URL(PAGE, root), `${page.slice(0, begin)}\n\n${results}\n\n${page.slice(end)}`)
  spawnSync('npx', ['oxfmt', PAGE], { cwd: root, stdio: 'inherit' })
  console.log(`proof: wrote ${PAGE}`)
}
process.exit(tried.length === 0 ? 1 : (status ?? 1))

/** The results of all searches, and where they are from. */
function whole() {
  const command = `npm run proof -- --docs${given.share === '1' ? '' : ` --share ${given.share}`}`
  const origin = [
    `- Command: \`${command}\``,
    `- Machine: ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, Node ${process.version}`,
    `- Date: ${new Date().toISOString().slice(0, 10)}`,
    ...skipped.map((title) => `- Skipped: ${title}`),
  ]
  return `${origin.join('\n')}\n\n${tableOf(rows)}`
}

/** The results on the page, with those of the searches that were repeated. */
function repeated(results) {
  const lines = results.trim().split('\n')
  const first = lines.findIndex((line) => line.startsWith('|'))
  const before = lines.slice(first + 2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
  const after = before.map((row) => rows.find(([title]) => title === row[0]) ?? row)
  const added = rows.filter(([title]) => !before.some((row) => row[0] === title))
  return `${lines.slice(0, first).join('\n')}\n\n${tableOf([...after, ...added])}`
}
