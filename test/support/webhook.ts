import { mkdir } from 'node:fs/promises'
import type { ClientRequest } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'

import { createCertificate } from './certificate.ts'
import { CliFolder } from './cli.ts'
import type { RunningCli } from './cli.ts'
import { eventually } from './eventually.ts'

interface Answer {
  readonly status: number
  readonly body: string
}

interface Review {
  readonly response: { uid: string; allowed: boolean; warnings?: string[]; status?: { code: number; message: string } }
}

/** A webhook that runs, for ConfigMaps and Secrets that are named `shop-config`. */
export class Webhook implements AsyncDisposable {
  readonly folder: CliFolder
  readonly running: RunningCli
  readonly port: number

  private constructor(folder: CliFolder, running: RunningCli, port: number) {
    this.folder = folder
    this.running = running
    this.port = port
  }

  /** @param schema the text of the module with the schema */
  static async start(schema: string, ...args: string[]): Promise<Webhook> {
    const folder = await CliFolder.create({ 'config.mjs': schema })
    await mkdir(join(folder.path, 'tls'))
    createCertificate(join(folder.path, 'tls'))
    const fixed = ['--schema', 'shop-config=config.mjs', '--cert-dir', 'tls', '--port', '0', '--host', '127.0.0.1']
    const running = folder.start(['webhook', ...fixed, ...args])
    const port = await eventually(() => {
      const [, found] = /listening on 127\.0\.0\.1:(\d+)/.exec(running.output()) ?? []
      if (found === undefined) throw new Error(running.output())
      return Number(found)
    })
    return new Webhook(folder, running, port)
  }

  /** Begins a review whose body the server waits for. */
  async begin(bytes: number): Promise<ClientRequest> {
    const headers = { expect: '100-continue', 'content-length': bytes }
    const place = { method: 'POST', port: this.port, host: '127.0.0.1', path: '/validate', rejectUnauthorized: false }
    const sent = request({ ...place, headers })
    await new Promise((resolve) => sent.once('continue', resolve).flushHeaders())
    return sent
  }

  ask(method: string, path: string, body?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { method, port: this.port, host: '127.0.0.1', path, agent: false, rejectUnauthorized: false }
      const sent = request(options, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }))
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }

  async review(object: object, oldObject: object | null = null): Promise<Review['response']> {
    const review = {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: { uid: 'u1', object, oldObject },
    }
    const { status, body } = await this.ask('POST', '/validate', JSON.stringify(review))
    if (status !== 200) throw new Error(`${status} ${body}`)
    return (JSON.parse(body) as Review).response
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.running.child.kill('SIGKILL')
    await this.running.result
    await this.folder[Symbol.asyncDispose]()
  }
}
