import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { CONFIG_MAPS, EVENTS, SECRETS, ask } from '../support/api-server.ts'
import type { ApiAnswer, ApiServer } from '../support/api-server.ts'
import { startFakeApiServer } from '../support/fake-api-server.ts'

type Json = Record<string, any>

const APP = `${CONFIG_MAPS}/app`
const ONE = `${CONFIG_MAPS}?fieldSelector=metadata.name%3Dapp`
const EVENT = {
  metadata: { name: 'app.1', namespace: 'default' },
  involvedObject: { kind: 'Pod', apiVersion: 'v1', name: 'app', namespace: 'default', uid: '1' },
  reason: 'ConfigReloaded',
  message: 'version 2 serves',
  type: 'Normal',
  count: 1,
}

/** What is asked, one after the other, in the words of the test; versions are replaced by what they are relative to. */
const QUESTIONS: readonly [
  what: string,
  method: string,
  path: string,
  body?: Json | undefined,
  token?: 'reader' | 'wrong',
][] = [
  ['nothing to list', 'GET', ONE],
  ['create', 'POST', CONFIG_MAPS, { metadata: { name: 'app', labels: { app: 'a' } }, data: { a: '1' } }],
  ['create again', 'POST', CONFIG_MAPS, { metadata: { name: 'app' } }],
  ['one to list', 'GET', ONE],
  ['list what is at hand', 'GET', `${ONE}&resourceVersion=0`],
  ['list by label', 'GET', `${CONFIG_MAPS}?labelSelector=app%3Da`],
  ['list by a label that nobody has', 'GET', `${CONFIG_MAPS}?labelSelector=app%3Db`],
  ['list by labels that are no selector', 'GET', `${CONFIG_MAPS}?labelSelector=app%20in%20(`],
  ['list the future', 'GET', `${ONE}&resourceVersion=99999999`],
  ['read', 'GET', APP],
  ['read what is not there', 'GET', `${CONFIG_MAPS}/none`],
  ['patch', 'PATCH', APP, { data: { a: '2', b: '3' } }],
  ['patch to the same', 'PATCH', APP, { data: { a: '2' } }],
  ['make immutable', 'PATCH', APP, { immutable: true }],
  ['patch what is immutable', 'PATCH', APP, { data: { a: '4' } }],
  ['list with a wrong token', 'GET', ONE, undefined, 'wrong'],
  ['list as reader', 'GET', ONE, undefined, 'reader'],
  ['read as reader', 'GET', APP, undefined, 'reader'],
  ['write as reader', 'PATCH', APP, { data: {} }, 'reader'],
  ['list elsewhere as reader', 'GET', ONE.replace('default', 'elsewhere'), undefined, 'reader'],
  ['watch elsewhere as reader', 'GET', `${ONE.replace('default', 'elsewhere')}&watch=true`, undefined, 'reader'],
  ['create an Event as reader', 'POST', EVENTS, EVENT, 'reader'],
  ['patch an Event as reader', 'PATCH', `${EVENTS}/app.1`, { count: 2 }, 'reader'],
  ['patch an Event that is not there', 'PATCH', `${EVENTS}/none`, { count: 2 }, 'reader'],
  ['create a Secret', 'POST', SECRETS, { metadata: { name: 'app' }, stringData: { a: '1' }, data: { b: 'Mg==' } }],
  ['list Secrets', 'GET', `${SECRETS}?fieldSelector=metadata.name%3Dapp`, undefined, 'reader'],
  ['delete', 'DELETE', APP],
  ['delete again', 'DELETE', APP],
  ['create with the same name', 'POST', CONFIG_MAPS, { metadata: { name: 'app' }, binaryData: { c: 'AAE=' } }],
]

/** Holds the fake API server to what a real one answers. */
export function sameAnswers(startRealServer: () => Promise<ApiServer>): void {
  describe('the fake API server', () => {
    let real: ApiServer
    let fake: ApiServer

    beforeAll(async () => {
      ;[real, fake] = await Promise.all([startRealServer(), startFakeApiServer()])
    })
    afterAll(async () => {
      await Promise.all([real, fake].map((server) => server?.[Symbol.asyncDispose]()))
    })

    it('answers as the real one does', async () => {
      const start = async (server: ApiServer): Promise<number> =>
        Number((await ask(server, 'GET', ONE)).body['metadata'].resourceVersion)
      const [realStart, fakeStart] = await Promise.all([start(real), start(fake)])
      for (const [what, method, path, body, token] of QUESTIONS) {
        const put = (server: ApiServer): Promise<ApiAnswer> =>
          ask(
            server,
            method,
            path,
            body,
            token === undefined ? server.adminToken : token === 'reader' ? server.readerToken : 'wrong',
          )
        const [expected, actual] = await Promise.all([put(real), put(fake)])
        expect({ what, ...comparable(actual) }).toEqual({ what, ...comparable(expected) })
      }
      // both have counted, and what came first still comes first
      expect(await start(real)).toBeGreaterThan(realStart)
      expect(await start(fake)).toBeGreaterThan(fakeStart)
    })

    it('sends the same events to a watch that starts at a version', async () => {
      const events = async (server: ApiServer): Promise<unknown[]> => {
        const from = (await ask(server, 'GET', CONFIG_MAPS)).body['metadata'].resourceVersion as string
        const name = 'watched'
        const path = `${CONFIG_MAPS}/${name}`
        await ask(server, 'POST', CONFIG_MAPS, { metadata: { name, labels: { app: 'w' } }, data: { a: '1' } })
        await ask(server, 'PATCH', path, { data: { a: '2' } })
        await ask(server, 'POST', CONFIG_MAPS, { metadata: { name: 'another' } })
        await ask(server, 'PATCH', path, { metadata: { labels: { app: null } } })
        await ask(server, 'PATCH', path, { metadata: { labels: { app: 'w' } } })
        await ask(server, 'DELETE', path)
        await ask(server, 'POST', CONFIG_MAPS, { metadata: { name, labels: { app: 'w' } } })
        const watch = async (selector: string, version: string): Promise<unknown[]> => {
          const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=1&resourceVersion=${version}&${selector}`
          const { body } = await ask(server, 'GET', `${CONFIG_MAPS}?${query}`)
          // one line is JSON, several are not
          const text = (body['text'] as string | undefined) ?? JSON.stringify(body)
          const lines = text.split('\n').filter((line) => line !== '' && line !== '{}')
          return lines
            .map((line) => JSON.parse(line) as Json)
            .filter(({ type }) => type !== 'BOOKMARK')
            .map(({ type, object }) => ({ type, ...comparableObject(object) }))
        }
        return Promise.all([
          watch('fieldSelector=metadata.name%3Dwatched', from),
          watch('labelSelector=app%3Dw', from),
          watch('fieldSelector=metadata.name%3Dwatched', '99999999'),
        ])
      }
      const [expected, actual] = await Promise.all([events(real), events(fake)])
      expect(actual).toEqual(expected)
      expect((expected[0] as Json[]).map(({ type }) => type)).toEqual([
        'ADDED',
        'MODIFIED',
        'MODIFIED',
        'MODIFIED',
        'DELETED',
        'ADDED',
      ])
      expect(expected[2]).toEqual([])
    })

    it('rejects a version that was forgotten', async () => {
      const gone = async (server: ApiServer): Promise<unknown> => {
        const from = (await ask(server, 'GET', ONE)).body['metadata'].resourceVersion as string
        await ask(server, 'POST', CONFIG_MAPS, { metadata: { name: 'later' } })
        await ask(server, 'PATCH', `${CONFIG_MAPS}/later`, { data: { a: '1' } })
        await server.forget()
        const { status, body } = await ask(server, 'GET', `${ONE}&watch=true&timeoutSeconds=1&resourceVersion=${from}`)
        const { message, ...object } = body['object'] as Json
        const old = String(message).startsWith('too old resource version')
        return { answered: status, type: body['type'], ...comparableObject(object), old }
      }
      const [expected, actual] = await Promise.all([gone(real), gone(fake)])
      expect(actual).toEqual(expected)
      expect(expected).toMatchObject({ answered: 200, type: 'ERROR', code: 410, old: true })
    })
  })
}

function comparable({ status, body }: ApiAnswer): Json {
  return { status, body: comparableObject(body) }
}

/** Without what differs from server to server: versions, identities, times, and the record of who wrote what. */
function comparableObject(object: Json): Json {
  const { metadata = {}, items, details, message, eventTime: _eventTime, source: _source, ...rest } = object
  const { reportingComponent: _component, reportingInstance: _instance, ...content } = rest
  const { firstTimestamp: _first, lastTimestamp: _last, ...kept } = content
  const { name, namespace, labels = {} } = metadata as Json
  return {
    ...kept,
    metadata: { name, namespace, labels },
    ...(details && { details: { ...details, uid: undefined } }),
    ...(message && { message: String(message).replace(/current: \d+/, 'current') }),
    ...(items && { items: (items as Json[]).map(comparableObject) }),
  }
}
