import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** The JavaScript examples of a page, in order. */
export function examplesOf(page: string): string[] {
  return blocksOf(page, 'js')
}

/** The blocks of a page in one language, in order. */
export function blocksOf(page: string, language: string): string[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8')
  return Array.from(text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms')), ([, code = '']) => code)
}

/**
 * Runs an example in a process of its own, against the built packages, and gives what it sends to its parent.
 *
 * @param code what the page shows, with what the test adds
 * @param use gets the process and a function that waits for its next message
 */
export async function runExample(
  code: string,
  use: (child: ChildProcess, next: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const file = fileURLToPath(
    new URL(`../.example-${process.pid}-${Math.random().toString(36).slice(2)}.mjs`, import.meta.url),
  )
  await writeFile(file, code)
  const child = fork(file, { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const messages: unknown[] = []
  const waiting: ((message: unknown) => void)[] = []
  child.on('message', (message) => {
    const resolve = waiting.shift()
    if (resolve) resolve(message)
    else messages.push(message)
  })
  const ended = new Promise<never>((_, reject) => {
    child.once('exit', (code) => reject(new Error(`the example ended with ${code}: ${stderr}`)))
  })
  ended.catch(() => undefined)
  const next = (): Promise<unknown> =>
    messages.length > 0
      ? Promise.resolve(messages.shift())
      : Promise.race([ended, new Promise((resolve) => waiting.push(resolve))])
  try {
    await use(child, next)
  } finally {
    child.kill()
    await rm(file, { force: true })
  }
}
