// Run with --allow-natives-syntax against the built package: counts the snapshots whose parts have another hidden class
// than those of the first, or properties in a dictionary.
import { createHotConfig } from '@hot-config/core'

const RELOADS = 2_000

// not JavaScript to anything that reads this file without the flag
// oxlint-disable-next-line typescript/no-implied-eval -- see above
const haveSameMap = new Function('a', 'b', 'return %HaveSameMap(a, b)')
// oxlint-disable-next-line typescript/no-implied-eval -- see above
const hasFastProperties = new Function('a', 'return %HasFastProperties(a)')

let content
const read = async () => ({ revision: '1', entries: [{ path: [], value: content }] })

/** Every object in a value, in the order of its keys. */
function* objectsIn(value) {
  if (typeof value !== 'object' || value === null) return
  yield value
  for (const below of Object.values(value)) yield* objectsIn(below)
}

function contentOf(round) {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`key${index}`, round * index]))
  const entries = [
    ['log', { level: round % 2 ? 'info' : 'debug', color: true }],
    [
      'servers',
      [
        { host: `host-${round}`, port: round },
        { port: 1, host: 'other' },
      ],
    ],
    ['many', many],
    ['ports', [round, 2, 3]],
    ['mixed', [round % 2 ? 1.5 : 'text', null]],
    ['name', `name-${round}`],
  ]
  // as if the file were written in another order each time
  return Object.fromEntries(round % 3 ? entries : entries.toReversed())
}

content = contentOf(0)
const config = await createHotConfig({ sources: { name: 'given', read }, logger: false })
const first = [...objectsIn(config.current)]
let [otherShapes, slow] = [0, 0]
for (let round = 1; round <= RELOADS; round++) {
  content = contentOf(round)
  await config.reload()
  const objects = [...objectsIn(config.current)]
  if (!objects.every((object, index) => haveSameMap(object, first[index]))) otherShapes++
  if (!objects.every((object) => hasFastProperties(object))) slow++
}
await config.close()
console.log(JSON.stringify({ reloads: RELOADS, otherShapes, slow }))
