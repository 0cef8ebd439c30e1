// npm run bench [-- --only NAME --node 20|24 --docs]: prints a table for each Node and writes results.json beside this
// file, and with --docs the page on performance. --docs-from FILE writes the page from results that were saved.
import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, platform, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { SECOND_MAJOR, findSecondNode } from '../../scripts/second-node.mjs'
import { insertResults } from './docs.mjs'
import { printTable } from './table.mjs'

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

const running = new Set()
process.once('exit', () => {
  for (const child of running) child.kill()
})
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

/** Runs one bench in a process of its own. Gives nothing when it failed. */
async function run(name, { path, version }) {
  const started = performance.now()
  const child = fork(fileURLToPath(new URL('run-one.js', compiled)), [name], {
    execPath: path,
    execArgv: ['--expose-gc'],
  })
  running.add(child)
  let rows
  child.on('message', (message) => (rows = message))
  const [code, signal] = await once(child, 'exit')
  running.delete(child)
  const seconds = Math.round((performance.now() - started) / 1_000)
  if (code === 0 && rows) console.error(`bench: ${name} on Node ${version}: ${seconds} s`)
  else {
    console.error(`bench: ${name} on Node ${version} FAILED (${signal ?? `exit code ${code}`})`)
    process.exitCode = 1
  }
  return rows?.map((row) => ({ node: version, bench: name, ...row }))
}

const { values: given } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    node: { type: 'string', multiple: true },
    docs: { type: 'boolean' },
    'docs-from': { type: 'string' },
  },
})
if (given['docs-from'] !== undefined) {
  writePage(readJson(given['docs-from']))
  process.exit()
}

const names = readdirSync(new URL('src/', here)).flatMap((file) => /^(.*)\.bench\.ts$/.exec(file)?.[1] ?? [])
const nodes = findNodes()
const chosen = choose('only', given.only, names)
const chosenNodes = choose('node', given.node, [...nodes.keys()]).map((key) => nodes.get(key))
rmSync(results, { force: true })
const date = new Date().toISOString()
const command = ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' ')

const inBackground = []
for (const name of chosen) {
  const { background } = await import(new URL(`${name}.bench.js`, compiled))
  if (background) inBackground.push(name)
}
const later = chosenNodes.map((node) => inBackground.map((name) => run(name, node)))

const rows = []
for (const node of chosenNodes) {
  for (const name of chosen) {
    if (!inBackground.includes(name)) rows.push(...((await run(name, node)) ?? []))
  }
}
for (const found of await Promise.all(later.flat())) rows.push(...(found ?? []))

for (const { version } of chosenNodes) {
  printTable(
    `Node ${version}`,
    rows.filter((row) => row.node === version),
  )
}
const machine = {
  platform: `${platform()} ${release()}`,
  cpus: cpus().length,
  model: cpus()[0]?.model,
  memory: totalmem(),
}
const nodesMeasured = chosenNodes.map(({ version }) => version)
const found = { date, command, machine, nodes: nodesMeasured, rows }
writeFileSync(results, `${JSON.stringify(found, null, 2)}\n`)
if (given.docs && process.exitCode) console.error(`bench: ${PAGE} stays as it is, since not everything was measured`)
else if (given.docs) writePage(found)
