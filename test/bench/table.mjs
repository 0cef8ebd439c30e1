/** Three digits, or all where there are more before the point. */
export function number(value) {
  if (Number.isInteger(value)) return value.toLocaleString('en')
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)
}

const spread = ({ p10, p90 }) => `${number(p10)} to ${number(p90)}`
const goalOf = ({ atMost, atLeast }) =>
  atMost === atLeast
    ? `= ${atMost}`
    : [atLeast !== undefined && `>= ${atLeast}`, atMost !== undefined && `<= ${atMost}`].filter(Boolean).join(', ')

/** What each column shows of a row. */
const COLUMNS = {
  what: (row) => row.what,
  median: (row) => `${number(row.value)} ${row.unit}`,
  'p10 to p90': (row) => (row.spread ? spread(row.spread) : ''),
  against: (row) => row.against ?? '',
  'its median': (row) => (row.floor ? `${number(row.floor.median)} ${row.unit}` : ''),
  'its p10 to p90': (row) => (row.floor ? spread(row.floor) : ''),
  ratio: (row) => (row.ratio === undefined ? '' : number(row.ratio)),
  goal: (row) => (row.goal ? goalOf(row.goal) : ''),
  met: (row) => (row.goal ? (row.isMet ? 'yes' : 'NO') : ''),
  samples: (row) => (row.spread ? `${row.spread.samples}, ${row.floor.samples}` : ''),
}

/** Prints what was measured as a table. */
export function printRows(title, rows) {
  printTable(title, COLUMNS, rows)
}

/** Prints how many goals are met on a Node, and which are not. */
export function printGoals(node, rows) {
  const withGoal = rows.filter((row) => row.node === node && row.goal)
  const missed = withGoal.filter(({ isMet }) => !isMet)
  console.log(`\nNode ${node}: ${withGoal.length - missed.length} of ${withGoal.length} goals are met`)
  for (const { bench, what, against, ratio, value, goal } of missed) {
    console.log(`  missed: ${bench}: ${what}, against ${against}: ${number(ratio ?? value)}, goal ${goalOf(goal)}`)
  }
}

/**
 * Prints rows as a table that is as wide as it has to be, and no wider.
 *
 * @param columns what each column shows of a row, by its head
 */
export function printTable(title, columns, rows) {
  const lines = [Object.keys(columns), ...rows.map((row) => Object.values(columns).map((cell) => cell(row)))]
  const widths = lines[0].map((_, index) => Math.max(...lines.map((line) => line[index].length)))
  const show = (line) =>
    line
      .map((cell, index) => cell.padEnd(widths[index]))
      .join(' | ')
      .trimEnd()
  const [head, ...body] = lines.map(show)
  console.log(`\n${[title, head, widths.map((width) => '-'.repeat(width)).join('-+-'), ...body].join('\n')}`)
}
