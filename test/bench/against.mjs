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
 * @returns a line for each row: the median of both sides, the median and the range of the rounds' ratios, and the median
 *   ratio of the floors, which are the same code on both sides: by so much figures differ that differ by nothing
 */
export function compareRounds(rounds) {
  const [first] = rounds
  return (first?.here ?? []).map(({ what, against, unit }, index) => {
    const pairs = rounds.map(({ here, there }) => [here[index], there[index]])
    const ratios = pairs.map(([here, there]) => here.value / there.value).toSorted((a, b) => a - b)
    const floors = pairs.flatMap(([here, there]) => (here.floor ? [here.floor.median / there.floor.median] : []))
    return {
      ...{ what, against, unit },
      here: median(pairs.map(([here]) => here.value)),
      there: median(pairs.map(([, there]) => there.value)),
      ratio: median(ratios),
      ...{ lowest: ratios[0], highest: ratios.at(-1) },
      floorRatio: median(floors),
    }
  })
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}

/** Nothing where there is none, or where it was divided by a count of 0. */
const shown = (value) => (Number.isFinite(value) ? number(value) : '')

const COLUMNS = {
  what: ({ what }) => what,
  against: ({ against = '' }) => against,
  here: ({ here, unit }) => `${number(here)} ${unit}`,
  there: ({ there, unit }) => `${number(there)} ${unit}`,
  'here / there': ({ ratio }) => shown(ratio),
  'of the rounds': ({ lowest, highest }) =>
    Number.isFinite(lowest) && Number.isFinite(highest) ? `${shown(lowest)} to ${shown(highest)}` : '',
  "the floor's": ({ floorRatio }) => shown(floorRatio),
}
