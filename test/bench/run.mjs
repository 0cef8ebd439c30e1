// npm run bench [-- --quick --only NAME --node 20|24 --docs --against DIRECTORY]: prints a table for each bench as soon as
// it ends and writes results.json beside this file, and with --docs the page on performance. --docs-from FILE writes the
// page from results that were saved. --against compares with another checkout instead: it prints tables and writes nothing.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, platform, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { SECOND_MAJOR, findSecondNode } from '../../scripts/second-node.mjs'
import { compareCheckouts } from './against.mjs'
import { insertResults } from './docs.mjs'
import { runBench } from './run-bench.mjs'
import { printGoals, printRows } from './table.mjs'

const here = new URL('.', import.meta.url)
const compiled = new URL('dist/bench/src/', here)
const results = new URL('results.json', here)
const root = new URL('../../', here)
const PAGE = 'docs/performance.md'

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))
const majorOf = (version) => /\d+/.exec(version)[0]

/** The Nodes to measure on, by the names that `--node` knows. */
function findNodes() {
  const all = [{ version: process.version, path: process.execPath }, findOtherNode()]
  return new Map(all.filter(Boolean).map((node) => [majorOf(node.version), node]))
}

/** Says so where the second one is missing: then the rest can be measured still. */
function findOtherNode() {
  const node = findSecondNode()
  if (!node) {
    console.error(`bench: !!! npm's node package could not be installed: Node ${SECOND_MAJOR} is MISSING !!!`)
  }
  return node
}

function writePage(found) {
  const page = new URL(PAGE, root)
  writeFileSync(page, insertResults(readFileSync(page, 'utf8'), found))
  execFileSync('npx', ['oxfmt', PAGE], { cwd: root, stdio: 'inherit' })
  console.error(`bench: wrote ${PAGE}`)
}

/** What an option gives as `a,b` or several times. */
function choose(option, given, known) {
  const chosen = given?.flatMap((list) => list.split(',')) ?? known
  const unknown = chosen.filter((name) => !known.includes(name))
  if (unknown.length === 0) return chosen
  console.error(`--${option}: no ${unknown.join(', ')}; expected ${known.join(', ')}`)
  return process.exit(2)
}

const { values: given } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    node: { type: 'string', multiple: true },
    docs: { type: 'boolean', default: false },
    'docs-from': { type: 'string' },
    against: { type: 'string' },
  },
})
const isQuick = given.quick
if (given['docs-from'] !== undefined) {
  writePage(readJson(given['docs-from']))
  process.exit()
}

const names = readdirSync(new URL('src/', here)).flatMap((file) => /^(.*)\.bench\.ts$/.exec(file)?.[1] ?? [])
const allNodes = findNodes()
const chosen = choose('only', given.only, names)
const nodes = choose('node', given.node, [...allNodes.keys()]).map((key) => allNodes.get(key))
if (given.against !== undefined) {
  if (!existsSync(join(given.against, 'test/bench/package.json'))) {
    console.error(`--against: expected the folder of another checkout, found: ${given.against}`)
    process.exit(2)
  }
  await compareCheckouts({ directory: given.against, compiled, names: chosen, nodes, isQuick })
  process.exit()
}

rmSync(results, { force: true })
const date = new Date().toISOString()
const command = ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' ')

/** Runs one and prints its table. @returns its rows, none when it failed */
async function runAndPrint(name, node) {
  const rows = (await runBench(name, node, compiled, isQuick)) ?? []
  if (rows.length > 0) printRows(`${name}, Node ${node.version}`, rows)
  return rows
}

const inBackground = []
for (const name of chosen) {
  const { background } = await import(new URL(`${name}.bench.js`, compiled))
  if (background) inBackground.push(name)
}
const later = nodes.flatMap((node) => inBackground.map((name) => runAndPrint(name, node)))

const rows = []
for (const node of nodes) {
  for (const name of chosen) if (!inBackground.includes(name)) rows.push(...(await runAndPrint(name, node)))
}
rows.push(...(await Promise.all(later)).flat())
for (const { version } of nodes) printGoals(version, rows)

const machine = {
  platform: `${platform()} ${release()}`,
  cpus: cpus().length,
  model: cpus()[0]?.model,
  memory: totalmem(),
  // of the last 15 minutes
  load: loadavg()[2],
}
const found = { date, command, isQuick, machine, nodes: nodes.map(({ version }) => version), rows }
writeFileSync(results, `${JSON.stringify(found, null, 2)}\n`)
if (given.docs && process.exitCode) console.error(`bench: ${PAGE} stays as it is, since not everything was measured`)
else if (given.docs) writePage(found)
