import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly items?: readonly unknown[] }
  readonly result?: unknown
}

const TSC = createRequire(import.meta.url)
  .resolve('typescript/package.json')
  .replace('package.json', 'bin/tsc')

/** TypeScript as editors use it: what somebody reads who points at a name, or writes something wrong. */
export class LanguageServer implements Disposable {
  readonly #child: ChildProcess
  readonly #uri: string
  readonly #waiting = new Map<number, (result: unknown) => void>()
  #received = Buffer.alloc(0)
  #ids = 0
  #version = 0

  /** @param file whose text the given ones replace, with the compiler options that it has */
  constructor(file: string) {
    this.#uri = pathToFileURL(file).href
    this.#child = spawn(process.execPath, [TSC, '--lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child.stdout?.on('data', (bytes: Buffer) => this.#receive(bytes))
  }

  /** What an editor shows for each exported name, without the name, on one line. */
  async hovers(text: string): Promise<Record<string, string>> {
    await this.#open(text)
    const found: [string, string][] = []
    for (const [line, row] of text.split('\n').entries()) {
      const [before = '', keyword = '', name = ''] = /^ *export (const|type) (\w+)/.exec(row) ?? []
      if (!name) continue
      const position = { line, character: before.length - 1 }
      const hover = await this.#ask('textDocument/hover', { textDocument: { uri: this.#uri }, position })
      const { value } = (hover as { contents: { value: string } }).contents
      const shown = value.replace(/\s+/g, ' ').replace(new RegExp(`^${keyword} ${name}(: | = )`), '')
      found.push([name, shown])
    }
    return Object.fromEntries(found)
  }

  /** The errors of a text, in its order. */
  async errors(text: string): Promise<string[]> {
    await this.#open(text)
    const report = await this.#ask('textDocument/diagnostic', { textDocument: { uri: this.#uri } })
    return (report as { items: { message: string }[] }).items.map(({ message }) => message)
  }

  [Symbol.dispose](): void {
    this.#child.kill()
  }

  async #open(text: string): Promise<void> {
    const textDocument = { uri: this.#uri, languageId: 'typescript', version: ++this.#version, text }
    if (this.#version > 1) {
      this.#tell('textDocument/didChange', { textDocument, contentChanges: [{ text }] })
      return
    }
    const hover = { contentFormat: ['plaintext'] }
    const capabilities = { textDocument: { hover, diagnostic: {} } }
    await this.#ask('initialize', { processId: process.pid, rootUri: null, capabilities })
    this.#tell('initialized', {})
    this.#tell('textDocument/didOpen', { textDocument })
  }

  #ask(method: string, params: object): Promise<unknown> {
    const id = ++this.#ids
    this.#send({ id, method, params })
    return new Promise((resolve) => this.#waiting.set(id, resolve))
  }

  #tell(method: string, params: object): void {
    this.#send({ method, params })
  }

  #send(message: object): void {
    const bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }))
    this.#child.stdin?.write(`Content-Length: ${bytes.length}\r\n\r\n`)
    this.#child.stdin?.write(bytes)
  }

  #receive(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes])
    for (;;) {
      const head = this.#received.indexOf('\r\n\r\n')
      const length = Number(/Content-Length: (\d+)/.exec(this.#received.subarray(0, Math.max(head, 0)).toString())?.[1])
      const start = head + 4
      if (head < 0 || this.#received.length < start + length) return
      const message = JSON.parse(this.#received.subarray(start, start + length).toString()) as Message
      this.#received = this.#received.subarray(start + length)
      this.#handle(message)
    }
  }

  #handle({ id, method, params, result }: Message): void {
    if (id === undefined) return
    // the server asks for settings, and to be told of changes of files
    if (method !== undefined) this.#send({ id, result: params?.items ? params.items.map(() => null) : null })
    else this.#waiting.get(id)?.(result)
  }
}
