// Sends requests from its own process, as a few clients with short pauses would, and counts what they saw.
import { Agent, get } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

const CLIENTS = 4
const PAUSE_MS = 2
const LIMIT_MS = 60_000

const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
const url = process.argv[2]
const totals = { requests: 0, failed: 0, torn: 0, slowestMs: 0 }
/** By release: how many answers came from it, and when the first one came. */
const releases = new Map()
let running = true

process.on('message', () => {
  running = false
})
process.on('disconnect', () => process.exit(1))

function ask() {
  return new Promise((resolve, reject) => {
    get(url, { agent, timeout: 5_000 }, (response) => {
      let body = ''
      response.on('data', (chunk) => (body += chunk))
      response.on('end', () => (response.statusCode === 200 ? resolve(JSON.parse(body)) : reject(new Error(body))))
      response.on('error', reject)
    }).on('error', reject)
  })
}

async function client() {
  const end = Date.now() + LIMIT_MS
  while (running && Date.now() < end) {
    const started = performance.now()
    totals.requests++
    try {
      const { text, release, limitsRelease } = await ask()
      if (release !== limitsRelease) totals.torn++
      const seen = releases.get(release)
      if (seen) seen.requests++
      else {
        const firstAt = performance.timeOrigin + performance.now()
        releases.set(release, { release, text, requests: 1, firstAt })
        process.send({ release, text, firstAt })
      }
    } catch {
      totals.failed++
    }
    totals.slowestMs = Math.max(totals.slowestMs, performance.now() - started)
    await delay(PAUSE_MS)
  }
}

await Promise.all(Array.from({ length: CLIENTS }, client))
agent.destroy()
process.send({ done: true, ...totals, releases: [...releases.values()] }, () => process.disconnect())
process.removeAllListeners('disconnect')
