import { setTimeout as delay } from 'node:timers/promises'

import { API_FAULTS, SERVER_FAULTS } from '../../support/api-faults.ts'
import { CONFIG_MAPS, SECRETS, must } from '../../support/api-server.ts'
import type { FaultyApi } from '../../support/faulty-api.ts'
import { untilAll } from './soak-updates.ts'
import type { SoakApp } from './soak-app.ts'

const FAULTS = [...API_FAULTS, ...SERVER_FAULTS]

/** The objects of the API that the apps follow, and what goes wrong on the way to them. */
export class SoakApi {
  readonly map = 'soak'
  readonly credentials = 'soak-credentials'
  readonly #api: FaultyApi
  #count = 1

  constructor(api: FaultyApi) {
    this.#api = api
  }

  async begin(): Promise<void> {
    const [data, secret] = [this.#dataOf('api'), this.#dataOf('secret')]
    await must(this.#api.server, 'POST', CONFIG_MAPS, { metadata: { name: this.map }, data })
    await must(this.#api.server, 'POST', SECRETS, { metadata: { name: this.credentials }, stringData: secret })
  }

  /** One fault, with an update meanwhile where the server can take it. Ends when all apps serve the newest content. */
  async fault(apps: readonly SoakApp[], random: (limit: number) => number): Promise<string> {
    const fault = FAULTS[random(FAULTS.length)]
    if (!fault) throw new Error('there are no faults')
    await fault.begin(this.#api)
    if (fault.name !== 'the server is down') await this.#write()
    await delay(random(2_000))
    await fault.end?.(this.#api)
    await this.update(apps)
    return fault.name
  }

  /** Ends when all apps serve it. */
  async update(apps: readonly SoakApp[]): Promise<void> {
    await this.#write()
    const expected = this.#count
    await untilAll(apps, `serving ${expected} of the API`, ({ api, secret }) => api === expected && secret === expected)
  }

  async #write(): Promise<void> {
    this.#count++
    const secret = Object.entries(this.#dataOf('secret')).map(([key, text]) => [
      key,
      Buffer.from(text).toString('base64'),
    ])
    await must(this.#api.server, 'PATCH', `${CONFIG_MAPS}/${this.map}`, { data: this.#dataOf('api') })
    await must(this.#api.server, 'PATCH', `${SECRETS}/${this.credentials}`, { data: Object.fromEntries(secret) })
  }

  #dataOf(name: 'api' | 'secret'): Record<string, string> {
    return { [`${name}.json`]: JSON.stringify({ [name]: this.#count }) }
  }
}
