import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

interface Results {
  readonly date: string
  readonly command: string
  readonly isQuick: boolean
  readonly machine: object
  readonly nodes: readonly string[]
  readonly rows: readonly object[]
}

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
// plain JavaScript, as the rest of what starts the bench
const { insertResults } = (await import(new URL('test/bench/docs.mjs', root).href)) as {
  insertResults: (page: string, results: Results) => string
}
const { compareRounds } = (await import(new URL('test/bench/against.mjs', root).href)) as {
  compareRounds: (rounds: readonly { here: readonly object[]; there: readonly object[] }[]) => object[]
}

const page = read('docs/performance.md')
const benches = readdirSync(new URL('test/bench/src/', root)).flatMap(
  (file) => /^(.*)\.bench\.ts$/.exec(file)?.[1] ?? [],
)
/** The text below a heading, up to the next heading. */
const below = (heading: string): string | undefined => {
  const [, text] = page.split(`\n${heading}\n`)
  return text?.split(/^#/m)[0]?.trim()
}

const MARKERS = '<!-- results: begin -->\nold\n<!-- results: end -->'
const [OLD, NEW] = ['v20.20.2', 'v24.21.0']
const comparison = { what: 'a | b', against: 'the floor', unit: 'ns', goal: { atMost: 1.1 } }
const compared = (node: string, value: number, isMet: boolean): object => ({
  ...comparison,
  node,
  bench: 'read',
  value,
  spread: { samples: 9, p10: value - 1, p90: value + 1 },
  floor: { samples: 9, median: 10, p10: 9, p90: 11 },
  ratio: value / 10,
  isMet,
})
const results: Results = {
  date: '2026-01-02T03:04:05.678Z',
  command: 'npm run bench -- --docs',
  isQuick: false,
  machine: { platform: 'linux 6.1.2-built-somewhere', cpus: 2, model: 'A CPU', memory: 4 * 2 ** 30, load: 1.25 },
  nodes: [OLD, NEW],
  rows: [
    compared(OLD, 10, true),
    compared(NEW, 25, false),
    { node: OLD, bench: 'swap', what: 'missed', value: 0, unit: 'of 5000', goal: { atMost: 0 }, isMet: true },
    { node: NEW, bench: 'swap', what: 'missed', value: 7, unit: 'of 5000', goal: { atMost: 0 }, isMet: false },
    { node: OLD, bench: 'swap', what: 'watches', value: 1, unit: '', goal: { atMost: 1, atLeast: 1 }, isMet: true },
    { node: OLD, bench: 'swap', what: 'judged once', value: 2, unit: 'x' },
    { node: NEW, bench: 'swap', what: 'judged once', value: 3, unit: 'x', goal: { atMost: 4 }, isMet: true },
    { node: OLD, bench: 'swap', what: 'twice', value: 1, unit: 'MiB', against: 'this' },
    { node: OLD, bench: 'swap', what: 'twice', value: 2, unit: 'MiB', against: 'that' },
    { node: NEW, bench: 'swap', what: 'twice', value: 3, unit: 'MiB', against: 'this' },
    { node: NEW, bench: 'swap', what: 'twice', value: 4, unit: 'MiB', against: '<other>' },
  ],
}

function format(text: string): string {
  const options = { cwd: fileURLToPath(root), input: text, encoding: 'utf8' } as const
  return execFileSync('npx', ['oxfmt', '--stdin-filepath', 'docs/performance.md'], options)
}

/** The cells of all rows of tables, without those that make the line below a head. */
function cellsOf(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('|') && !line.startsWith('| -'))
  return lines.map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

/** What is listed as missed: the rows of the tables that say which bench they are from. */
function missedOn(text: string): string[][] {
  const tables = text.split('\n\n').filter((table) => table.startsWith('| bench '))
  return tables.flatMap((table) => cellsOf(table).slice(1))
}

describe('the page on performance', () => {
  it('is linked from the README and from the bench', () => {
    expect(read('README.md')).toContain('](docs/performance.md)')
    expect(read('test/bench/README.md')).toContain('](../../docs/performance.md)')
  })

  it.each(benches)('explains %s', (bench) => {
    expect(below(`### ${bench}`) ?? '').not.toBe('')
  })

  it('gives a reason for every goal that it shows as missed', () => {
    const missed = new Set(missedOn(page).map(([bench]) => bench))
    const reasons = Array.from(
      (below('## Why goals are missed') ?? '').matchAll(/^- \*\*(\w+)\*\*: /gm),
      ([, name]) => name,
    )
    expect(reasons).toEqual(expect.arrayContaining([...missed]))
  })

  it('lists as missed what its tables show as missed', () => {
    const inTables = page.match(/\*\*missed: /g)?.length ?? 0
    expect(missedOn(page).length).toBe(inTables)
  })

  it('has no goal that depends on how fast the machine is', () => {
    const goals = cellsOf(page).map((cells) => cells.at(-1) ?? '')
    expect(goals.filter((goal) => /\b(?:ms|us|ns|µs)\b/.test(goal))).toEqual([])
  })

  it('says where its figures come from', () => {
    expect(page).toMatch(/^- Command: `npm run bench.*`$/m)
    expect(page).toMatch(/^- Machine: .+, \d+ cores, \d+ GiB of memory, \w+ [\d.]+$/m)
    expect(page).toMatch(/^- Node: v\d+/m)
    expect(page).toMatch(/^- Date: \d{4}-\d\d-\d\d$/m)
    expect(page).toMatch(/^- Load average at the end: [\d.]+, including the bench$/m)
  })
})

describe('results as markdown', () => {
  const rendered = insertResults(`before\n\n${MARKERS}\n\nafter\n`, results)

  it('shows both Nodes side by side, with ratio, medians, spread and goal, and what is missed', () => {
    expect(cellsOf(rendered.slice(rendered.indexOf('### Results')))).toEqual([
      ['what', 'against', 'Node 20', 'Node 24', 'goal'],
      [
        String.raw`a \| b`,
        'the floor',
        '1 ×<br>10 (9 to 11) against 10 (9 to 11) ns',
        '**missed: 2.50 ×**<br>25 (24 to 26) against 10 (9 to 11) ns',
        'at most 1.1 ×',
      ],
      ['what', 'against', 'Node 20', 'Node 24', 'goal'],
      ['missed', '', '0 of 5000', '**missed: 7 of 5000**', 'at most 0'],
      ['watches', '', '1', 'not measured', 'exactly 1'],
      ['judged once', '', '2 ×', '3 ×', 'Node 24: at most 4 ×'],
      ['twice', 'this', '1 MiB', '3 MiB', ''],
      ['twice', String.raw`Node 20: that<br>Node 24: \<other>`, '2 MiB', '4 MiB', ''],
    ])
  })

  it('counts the goals and lists those that are missed', () => {
    expect(rendered).toContain('**Node 20**: 3 of 3 goals are met.\n')
    expect(rendered).toContain('**Node 24**: 1 of 3 goals are met. Missed:\n')
    expect(missedOn(rendered)).toEqual([
      ['read', String.raw`a \| b`, 'the floor', '2.50 ×', 'at most 1.1 ×'],
      ['swap', 'missed', '', '7 of 5000', 'at most 0'],
    ])
  })

  it('says where they come from, and of the kernel only the version', () => {
    expect(rendered).toContain('- Machine: A CPU, 2 cores, 4 GiB of memory, linux 6.1\n')
    expect(rendered).toContain('- Command: `npm run bench -- --docs`\n')
    expect(rendered).toContain('- Node: v20.20.2 and v24.21.0\n- Date: 2026-01-02\n- Load average at the end: 1.25, ')
  })

  it('says when they come from a quick run', () => {
    expect(rendered).not.toContain('A quick run')
    expect(insertResults(MARKERS, { ...results, isQuick: true })).toContain('\n- A quick run: ')
  })

  it('replaces what was there before, and nothing else', () => {
    expect(rendered).not.toContain('old')
    expect(rendered).toMatch(/^before\n\n<!-- results: begin -->\n[^]*\n<!-- results: end -->\n\nafter\n$/)
    expect(insertResults(rendered, results)).toBe(rendered)
    expect(() => insertResults('no markers', results)).toThrow('expected <!-- results: begin -->')
  })

  it('comes through the formatter with every cell', () => {
    const formatted = format(rendered)
    expect(cellsOf(formatted)).toEqual(cellsOf(rendered))
    expect(format(formatted)).toBe(formatted)
  })
})

describe('two checkouts side by side', () => {
  const row = (value: number, floor: number): object => ({
    what: 'a',
    against: 'b',
    unit: 'ms',
    value,
    ratio: value / floor,
  })
  const counted = { what: 'c', unit: 'of 9', value: 0 }
  const rounds = [
    { here: [row(11, 5), counted], there: [row(10, 5), counted] },
    { here: [row(30, 10), counted], there: [row(20, 5), counted] },
    { here: [row(9, 4.5), counted], there: [row(10, 5), counted] },
  ]

  it('are compared a round at a time, also by their ratios to the floor', () => {
    const [compared, count] = compareRounds(rounds)
    expect(compared).toEqual({
      what: 'a',
      against: 'b',
      unit: 'ms',
      here: 11,
      there: 10,
      figures: { median: 1.1, lowest: 0.9, highest: 1.5 },
      ratios: { median: 1, lowest: 0.75, highest: 1.1 },
    })
    expect(count).toMatchObject({ what: 'c', here: 0, there: 0, figures: undefined, ratios: undefined })
  })

  it('have no rows where every round failed', () => {
    expect(compareRounds([])).toEqual([])
  })
})
