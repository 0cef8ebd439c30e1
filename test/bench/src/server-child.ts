import { fork } from 'node:child_process'
import type { ChildProcess, Serializable } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A process of its own, on the Node that is measured, which says one thing at first and answers questions in turn. */
export class Child<Hello, Answer> implements AsyncDisposable {
  readonly hello: Hello
  readonly #process: ChildProcess

  private constructor(child: ChildProcess, hello: Hello) {
    this.#process = child
    this.hello = hello
  }

  /**
   * @param file beside this one, without its ending
   * @param wrapper a command that runs the Node that is given to it, such as `taskset`
   * @throws {Error} when the process ends before it said something
   */
  static async start<Hello, Answer>(
    file: string,
    args: readonly string[],
    wrapper: readonly string[] = [],
  ): Promise<Child<Hello, Answer>> {
    const execPath = wrapper[0] ?? process.execPath
    const execArgv = wrapper.length > 0 ? [...wrapper.slice(1), process.execPath] : []
    const child = fork(fileURLToPath(new URL(`${file}.js`, import.meta.url)), args, { execPath, execArgv })
    return new Child(child, await nextMessage<Hello>(child))
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** @throws {Error} when the process ends instead of answering */
  async ask(question: Serializable): Promise<Answer> {
    const answer = nextMessage<Answer>(this.#process)
    this.#process.send(question)
    return await answer
  }

  /** Has it end by itself, once it sees that nobody asks any more. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.disconnect()
    await exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exited
  }
}

async function nextMessage<Message>(child: ChildProcess): Promise<Message> {
  const settled = new AbortController()
  const ended = async (): Promise<never> => {
    const [code, signal] = (await once(child, 'exit', settled)) as [number | null, NodeJS.Signals | null]
    throw new Error(`a measured process ended with ${signal ?? code}`)
  }
  try {
    const [message] = (await Promise.race([once(child, 'message', settled), ended()])) as [Message]
    return message
  } finally {
    settled.abort()
  }
}
