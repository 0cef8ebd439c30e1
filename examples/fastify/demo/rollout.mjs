// Twenty services, one ConfigMap volume each. A bad value goes out as a canary, is taken back, is corrected and promoted.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { createConfigMapVolume } from '@hot-config/testing'

import { PHASE_MS, check, color, perform, say, until } from './stage.mjs'

const PODS = 20
/** The guard looks at this many requests before it judges, and requests in progress may fail as well. */
const MAX_FAILED_PER_POD = 40

const STABLE = { 'app.json': JSON.stringify({ greeting: 'Hello', divisor: 2 }) }
const BAD = { 'app.json': JSON.stringify({ greeting: 'Hi', divisor: 0 }) }
const FIXED = { 'app.json': JSON.stringify({ greeting: 'Good morning', divisor: 4 }) }

const agent = new Agent({ keepAlive: true })
const folder = await mkdtemp(join(tmpdir(), 'rollout-'))
const pods = []
await perform(show, async () => {
  agent.destroy()
  for (const pod of pods) await pod.end()
  await rm(folder, { recursive: true, force: true })
})

async function show() {
  say(`${color('bold', 'hot-config')}: a rollout of a ConfigMap to ${PODS} services, without a restart`)

  await step('1. The services start with the stable ConfigMap, under load')
  for (let index = 0; index < PODS; index++) pods.push(await createPod(index))
  await Promise.all(pods.map((pod) => pod.start()))
  for (const pod of pods) pod.ask()
  await until('all services to answer', () => pods.every(({ answers }) => answers > 0))
  draw()
  check(failures() === 0, 'all answer')

  await step('2. A value that passes the schema, and breaks requests, goes out as a canary of 10 %')
  await publishCanary(BAD, '10%')
  const isChosen = ({ health }) => health.canary?.chosen === true
  await until('the canary to arrive', () => pods.every(({ health }) => health.canary))
  const chosen = pods.filter(isChosen)
  await until('the guard', () => chosen.every(({ health }) => health.canary.state === 'taken-back'))
  await delay(PHASE_MS)
  draw()
  check(
    chosen.length > 0 && chosen.length < PODS / 2,
    `${chosen.length} of ${PODS} services were chosen, each by itself`,
  )
  check(
    chosen.every(({ health }) => health.version === 3),
    'the guard took it back in each of them',
  )
  if (chosen[0]) say(`    ${chosen[0].health.lastRejection.message}`)
  const unaffected = pods.filter((pod) => !chosen.includes(pod))
  check(
    unaffected.every(({ failed }) => failed === 0),
    `no request failed in the other ${unaffected.length}`,
  )
  check(
    unaffected.every(({ health }) => health.version === 1),
    'and none of them has seen it',
  )
  const lost = failures()
  const bound = chosen.length * MAX_FAILED_PER_POD
  check(lost > 0 && lost <= bound, `${lost} requests failed in those that were chosen, at most ${bound} allowed`)

  await step('3. The corrected value goes to 10 %, 50 % and 100 %')
  let before = new Set()
  for (const share of ['10%', '50%', '100%']) {
    await publishCanary(FIXED, share)
    const isSettled = ({ health }) =>
      health.canary?.share === Number.parseInt(share, 10) / 100 &&
      (health.canary.state === 'serving') === health.canary.chosen
    await until(`${share} to settle`, () => pods.every(isSettled))
    await delay(PHASE_MS)
    draw()
    const serving = new Set(pods.filter(({ health }) => health.canary.state === 'serving'))
    const keeps = [...before].every((pod) => serving.has(pod))
    check(keeps, `${share}: ${serving.size} serve it${before.size > 0 ? ', also all that did before' : ''}`)
    before = serving
  }
  check(before.size === PODS, 'at last all serve it')

  await step('4. It is promoted: its key goes into the stable ConfigMap, and the canary goes')
  const versions = pods.map(({ health }) => health.version)
  await Promise.all(pods.map(({ stable }) => stable.update(FIXED)))
  await until('it to be read', () => pods.every(({ health }) => health.reloads.unchanged + health.reloads.changed > 1))
  await delay(PHASE_MS)
  await Promise.all(pods.map(({ canary }) => canary.update({})))
  await until('the canary to be gone', () => pods.every(({ health }) => health.canary === null))
  await until('the last good configuration to be saved', () =>
    pods.every(({ health }) => health.guard?.state === 'kept'),
  )
  draw()
  check(
    pods.every(({ health }, index) => health.version === versions[index]),
    'nothing changed in any service',
  )
  check(failures() === lost, 'and no request failed since the bad value was taken back')

  await step('5. The ConfigMap breaks, and one service is killed')
  const [victim] = pods
  await Promise.all(pods.map(({ stable }) => stable.update({ 'app.json': '{ "greeting": ' })))
  await until('all to reject it', () => pods.every(({ health }) => health.lastRejection))
  await victim.kill()
  await victim.start()
  await until('the service to answer again', () => victim.greeting === 'Good morning' && victim.isUp)
  const { servedFrom, status } = victim.health
  draw()
  check(servedFrom === 'last-good', `it starts from the last good configuration (status ${status})`)
  const others = pods.filter((pod) => pod !== victim)
  check(
    others.every(({ greeting }) => greeting === 'Good morning'),
    'all others serve on',
  )

  await step('6. The ConfigMap is corrected')
  await Promise.all(pods.map(({ stable }) => stable.update(FIXED)))
  await until('all to be well', () => pods.every(({ health }) => health.status === 'pass'))
  draw()
  check(victim.health.servedFrom === 'sources', 'the service that was killed serves from its ConfigMap again')
  check(failures() === lost, `${pods.reduce((sum, { answers }) => sum + answers, 0)} requests answered, ${lost} failed`)
}

async function step(title) {
  say(`\n${color('bold', title)}`)
}

function publishCanary(files, share) {
  return Promise.all(pods.map(({ canary }) => canary.update({ ...files, 'hot-config.share': share })))
}

function failures() {
  return pods.reduce((sum, { failed }) => sum + failed, 0)
}

/** One square for each service, in the color of what it serves. */
function draw() {
  const cells = pods.map(({ health, greeting, isUp }) => {
    if (!isUp) return color('red', '✗')
    if (health.canary?.state === 'taken-back') return color('yellow', '◆')
    if (health.canary?.state === 'serving') return color('cyan', '■')
    return greeting === 'Good morning' ? color('cyan', '□') : '□'
  })
  say(`  ${cells.join(' ')}   ${color('dim', '□ stable  ■ canary  ◆ taken back')}`)
}

async function createPod(index) {
  const name = `shop-${index}`
  const [stable, canary] = [await createConfigMapVolume(), await createConfigMapVolume()]
  await stable.update(STABLE)
  await canary.update({})
  const pod = { name, stable, canary, health: {}, greeting: '', answers: 0, failed: 0, isUp: false }
  let child
  let address
  let isEnding = false
  const request = (path) =>
    new Promise((resolve, reject) => {
      get(address + path, { agent, timeout: 5_000 }, (response) => {
        let body = ''
        response.on('data', (chunk) => (body += chunk))
        response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(body) }))
        response.on('error', reject)
      }).on('error', reject)
    })
  pod.start = async () => {
    child = spawn(process.execPath, [fileURLToPath(new URL('rollout-server.mjs', import.meta.url))], {
      env: {
        ...process.env,
        POD_NAME: name,
        STABLE_PATH: stable.path,
        CANARY_PATH: canary.path,
        LAST_GOOD: join(folder, `${name}.json`),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await Promise.race([
      once(createInterface({ input: child.stdout }), 'line'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`${name} ended with ${code}`))),
    ])
    address = line
    pod.health = (await request('/config/health')).body
    pod.isUp = true
  }
  /** Asks again and again. What is asked while the service is down does not count. */
  pod.ask = async () => {
    for (let count = 0; !isEnding; count++) {
      if (pod.isUp) await one(count).catch(() => pod.isUp && pod.failed++)
      await delay(25)
    }
  }
  const one = async (count) => {
    const { status, body } = await request('/hello')
    if (status === 200) {
      pod.answers++
      pod.greeting = body.greeting
    } else pod.failed++
    if (count % 4 === 0) pod.health = (await request('/config/health')).body
  }
  pod.kill = async () => {
    pod.isUp = false
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  pod.end = async () => {
    isEnding = true
    if (child && child.exitCode === null && child.signalCode === null) await pod.kill()
    await Promise.all([stable.remove(), canary.remove()])
  }
  return pod
}
