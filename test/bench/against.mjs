import { execFileSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { runBench } from './run-bench.mjs'
import { number, printTable } from './table.mjs'

/** In each, both checkouts have a process of their own. An even number, since they take turns at being the first. */
const ROUNDS = 6

/**
 * Runs the benches of this checkout on the packages of both, in turns, and prints each bench's ratios as soon as it ends.
 *
 * @param directory the other checkout, which is built first
 * @param compiled the folder of the compiled benches
 */
export async function compareCheckouts({ directory, compiled, names, nodes, isQuick }) {
  const there = bringBenches(directory, compiled)
  for (const node of nodes) {
    for (const name of names) {
      const rounds = []
      for (let round = 0; round < ROUNDS; round++) {
        const found = {}
        for (const side of round % 2 === 0 ? ['here', 'there'] : ['there', 'here']) {
          found[side] = await runBench(name, node, side === 'here' ? compiled : there, isQuick)
        }
        if (found.here && found.there) rounds.push(found)
      }
      printTable(`${name}, Node ${node.version}: here against ${directory}`, COLUMNS, compareRounds(rounds))
    }
  }
}

/** Puts the compiled benches where they find the packages of the other checkout. @returns their folder */
function bringBenches(directory, compiled) {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: directory, stdio: 'inherit' })
  const folder = pathToFileURL(`${resolve(directory)}/test/bench/dist/against/`)
  rmSync(folder, { recursive: true, force: true })
  for (const part of ['bench', 'support']) {
    cpSync(new URL(`../../${part}/`, compiled), new URL(`${part}/`, folder), { recursive: true })
  }
  return new URL('bench/src/', folder)
}

/**
 * Compares what was measured on both sides, a round at a time.
 *
 * @param rounds the rows of `here` and of `there`; the same bench has the same rows
 * @returns a line for each row: the medians of both sides, and the median, lowest and highest of what the rounds have as
 *   `here / there`, for the figures themselves and for their ratios to the floor, which leave out how fast the machine was
 */
export function compareRounds(rounds) {
  const [first] = rounds
  return (first?.here ?? []).map(({ what, against, unit }, index) => {
    const pairs = rounds.map(({ here, there }) => [here[index], there[index]])
    const here = median(pairs.map(([row]) => row.value))
    const there = median(pairs.map(([, row]) => row.value))
    return { what, against, unit, here, there, figures: divide(pairs, 'value'), ratios: divide(pairs, 'ratio') }
  })
}

/** Nothing where there is none, or where it would be divided by a count of 0. */
function divide(pairs, key) {
  const quotients = pairs.map(([here, there]) => here[key] / there[key]).toSorted((a, b) => a - b)
  if (!quotients.every(Number.isFinite)) return undefined
  return { median: median(quotients), lowest: quotients[0], highest: quotients.at(-1) }
}

/** Of an even number, the middle of the two. */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const half = (sorted.length - 1) / 2
  return (sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2
}

const shown = (quotient) =>
  quotient ? `${number(quotient.median)} (${number(quotient.lowest)} to ${number(quotient.highest)})` : ''

const COLUMNS = {
  what: ({ what }) => what,
  against: ({ against = '' }) => against,
  here: ({ here, unit }) => `${number(here)} ${unit}`,
  there: ({ there, unit }) => `${number(there)} ${unit}`,
  'here / there': ({ figures }) => shown(figures),
  'ratios here / there': ({ ratios }) => shown(ratios),
}
