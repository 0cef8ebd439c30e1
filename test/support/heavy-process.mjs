// Run against the built package: loads a heavy document and does nothing else, so that the process ends when nothing of
// the load is left. `close` closes while it is parsed; `shapes`, which needs --allow-natives-syntax, updates it and counts
// the objects whose hidden class is another one then, and those with their properties in a dictionary.
import { setImmediate } from 'node:timers/promises'

import { startHotConfig } from '@hot-config/core'

const KEYS = Array.from({ length: 40 }, (_, index) => `key${(index * 7) % 41}`)
let text = textOf(1)
const read = async () => ({ revision: text.slice(0, 4), entries: [{ key: 'app.yaml', bytes: Buffer.from(text) }] })

function textOf(version) {
  const items = Array.from({ length: 2_000 }, (_, index) => {
    const keys = (index + version) % 2 ? KEYS : KEYS.toReversed()
    return `- {${keys.map((key) => `${key}: ${version}`).join(', ')}}\n`
  })
  return `a: ${version}\nitems:\n${items.join('')}`
}

const seen = { threads: 0, answered: 0 }
let workerStarted
const started = new Promise((resolve) => (workerStarted = resolve))
process.on('worker', (worker) => {
  seen.threads++
  worker.once('message', () => seen.answered++)
  worker.once('online', workerStarted)
})

const { config, ready } = startHotConfig({ sources: { name: 'given', read }, logger: false })
let outcome
if (process.argv[2] === 'close') {
  await started
  await Promise.all([config.close(), ready.catch((error) => (outcome = { error: error.name }))])
} else {
  await ready
  outcome = { value: config.current.a }
}
if (process.argv[2] === 'shapes') outcome = await countShapes()
// not closed: what has ended by itself leaves nothing
const left = () => process.getActiveResourcesInfo().filter((name) => name.includes('Worker') || name.includes('Port'))
while (left().length > 0) await setImmediate()
console.log(JSON.stringify({ ...outcome, ...seen, left: left() }))

async function countShapes() {
  // not JavaScript to anything that reads this file without the flag
  // oxlint-disable-next-line typescript/no-implied-eval -- see above
  const haveSameMap = new Function('a', 'b', 'return %HaveSameMap(a, b)')
  // oxlint-disable-next-line typescript/no-implied-eval -- see above
  const hasFastProperties = new Function('a', 'return %HasFastProperties(a)')
  const objects = () => [config.current, ...config.current.items]
  const before = objects()
  text = textOf(2)
  await config.reload()
  const now = objects()
  return {
    objects: now.filter((object, index) => object !== before[index]).length,
    otherShapes: now.filter((object, index) => !haveSameMap(object, before[index])).length,
    slow: now.filter((object) => !hasFastProperties(object)).length,
  }
}
