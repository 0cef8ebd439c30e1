import { number } from './table.mjs'

const [BEGIN, END] = ['<!-- results: begin -->', '<!-- results: end -->']

/**
 * Puts the results between the markers of a page, in place of those before.
 *
 * @param page markdown
 * @param results what `results.json` holds
 * @throws {Error} when the page has no place for them
 */
export function insertResults(page, results) {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`expected ${BEGIN} and, after it, ${END}`)
  return `${page.slice(0, begin + BEGIN.length)}\n\n${renderResults(results)}\n\n${page.slice(end)}`
}

/** All results as markdown: where and how they came about, which goals are missed, and a table for each bench. */
function renderResults({ date, command, isQuick, machine, nodes, rows }) {
  const benches = new Set(rows.map(({ bench }) => bench))
  const tables = Array.from(benches, (bench) => {
    const lines = lineUp(rows.filter((row) => row.bench === bench))
    return `### Results: ${bench}\n\n[What is compared](#${bench}).\n\n${renderTable(lines, nodes)}`
  })
  return [
    renderOrigin({ date, command, isQuick, machine, nodes }),
    ...nodes.map((node) => renderGoals(node, rows)),
    ...tables,
  ].join('\n\n')
}

function renderOrigin({ date, command, isQuick, machine, nodes }) {
  // what comes after a kernel's version tells nothing to others
  const [kernel] = /^\S+ \d+\.\d+/.exec(machine.platform) ?? [machine.platform]
  const memory = `${number(Math.round(machine.memory / 2 ** 30))} GiB of memory`
  return [
    `- Command: \`${command}\``,
    `- Machine: ${escape(machine.model ?? 'unknown CPU')}, ${machine.cpus} cores, ${memory}, ${escape(kernel)}`,
    `- Node: ${nodes.join(' and ')}`,
    `- Date: ${date.slice(0, 10)}`,
    `- Load average at the end: ${number(machine.load)}, including the bench`,
    ...(isQuick ? ['- A quick run: it has fewer samples and wider ranges than `npm run bench` alone'] : []),
  ].join('\n')
}

function renderGoals(node, rows) {
  const withGoal = rows.filter((row) => row.node === node && row.goal)
  const missed = withGoal.filter(({ isMet }) => !isMet)
  const met = `**${nameOf(node)}**: ${withGoal.length - missed.length} of ${withGoal.length} goals are met.`
  if (missed.length === 0) return met
  const body = missed.map((row) => [row.bench, escape(row.what), escape(row.against ?? ''), figureOf(row), goalOf(row)])
  return `${met} Missed:\n\n${renderCells([['bench', 'what', 'against', 'measured', 'goal'], ...body])}`
}

/** Brings the rows of all Nodes together that tell of the same: by what they say, and by order where several say it. */
function lineUp(rows) {
  const lines = new Map()
  const seen = new Map()
  for (const row of rows) {
    const nth = seen.get(`${row.node} ${row.what}`) ?? 0
    seen.set(`${row.node} ${row.what}`, nth + 1)
    const key = `${nth} ${row.what}`
    lines.set(key, (lines.get(key) ?? new Map()).set(row.node, row))
  }
  return [...lines.values()]
}

function renderTable(lines, nodes) {
  const body = lines.map((byNode) => {
    const [first] = byNode.values()
    return [
      escape(first.what),
      eachOf(byNode, ({ against = '' }) => escape(against)),
      ...nodes.map((node) => cellOf(byNode.get(node))),
      eachOf(byNode, (row) => (row.goal ? goalOf(row) : '')),
    ]
  })
  const head = ['what', 'against', ...nodes.map(nameOf), 'goal']
  return renderCells([head, ...body])
}

function renderCells([head, ...body]) {
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** What rows say, once where all Nodes have the same. */
function eachOf(byNode, textOf) {
  const all = [...byNode].map(([node, row]) => [node, textOf(row)])
  const [[, first]] = all
  if (all.every(([, text]) => text === first)) return first
  const said = all.filter(([, text]) => text !== '')
  return said.map(([node, text]) => `${nameOf(node)}: ${text}`).join('<br>')
}

function cellOf(row) {
  if (!row) return 'not measured'
  const figure = row.goal && !row.isMet ? `**missed: ${figureOf(row)}**` : figureOf(row)
  if (row.ratio === undefined) return figure
  const side = (median, { p10, p90 }) => `${number(median)} (${number(p10)} to ${number(p90)})`
  const { value, spread, floor, unit } = row
  return `${figure}<br>${side(value, spread)} against ${side(floor.median, floor)} ${escape(unit)}`
}

/** What a goal is for: the ratio, or what was counted. */
function figureOf({ ratio, value, unit }) {
  return ratio === undefined ? `${number(value)} ${signOf(unit)}`.trim() : `${number(ratio)} ×`
}

function goalOf({ ratio, unit, goal: { atMost, atLeast } }) {
  // `of 5000` belongs to what was counted
  const sign = ratio !== undefined ? '×' : unit.startsWith('of ') ? '' : signOf(unit)
  const show = (limit) => `${limit} ${sign}`.trim()
  if (atMost === atLeast) return `exactly ${show(atMost)}`
  const limits = [
    atLeast !== undefined && `at least ${show(atLeast)}`,
    atMost !== undefined && `at most ${show(atMost)}`,
  ]
  return limits.filter(Boolean).join(', ')
}

function signOf(unit) {
  return unit === 'x' ? '×' : escape(unit)
}

/** `v20.20.2` is `Node 20`. */
function nameOf(node) {
  return `Node ${/\d+/.exec(node)[0]}`
}

/** Text as it is, whatever it means in markdown or ends a cell. */
function escape(text) {
  return text.replaceAll(/[\\|`*_<[\]]/g, String.raw`\$&`)
}
