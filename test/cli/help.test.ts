import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { runCli } from '../support/cli.ts'
import { hasShell, offersOf } from '../support/shell-completion.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const { stdout: help } = await runCli(['--help'])
const commands = Array.from(help.matchAll(/^ {2}([a-z]+) (?:\[options\]|<)/gm), ([, name = '']) => name).filter(
  (name) => name !== 'help',
)

/** The commands below others. */
const BELOW = ['rollout status', 'rollout abort']

/** The options in the help of a command. */
async function optionsOf(command: string): Promise<string[]> {
  const { stdout } = await runCli([...command.split(' '), '--help'])
  return Array.from(stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm), ([, option = '']) => option)
}

describe('the help', () => {
  it.each(commands)(
    'of %s has an example and the exit codes, and names each option that the README names',
    async (command) => {
      const { code, stdout } = await runCli([command, '--help'])
      expect(code).toBe(0)
      expect(stdout).toMatch(/Examples:\n {2}\$ .*hot-config/)
      expect(stdout).toContain('Exit codes: 0')
      const [, section = ''] =
        new RegExp(`^## \`${command}\`\n(.*?)(?=^## |(?![^]))`, 'ms').exec(read('packages/cli/README.md')) ?? []
      const documented = Array.from(section.matchAll(/^\| `(?:-\w, )?(--[a-z-]+)/gm), ([, option]) => option)
      expect(new Set([...documented, '--help'])).toEqual(new Set(await optionsOf(command)))
    },
  )
})

describe('the help of a command below another', () => {
  it.each(BELOW)('has an example and the exit codes: %s', async (command) => {
    const { code, stdout } = await runCli([...command.split(' '), '--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`Examples:\n {2}\\$ hot-config ${command}`))
    expect(stdout).toContain('Exit codes: 0')
  })

  it('is named in the help of that one', async () => {
    const { stdout } = await runCli(['rollout', '--help'])
    for (const command of BELOW) expect(stdout).toMatch(new RegExp(`^ {2}${command.split(' ')[1]} \\[options\\]`, 'm'))
  })
})

const SHELLS: readonly string[] = ['bash', 'zsh', 'fish']

/** Lines, and what is offered for the end of them. */
const LINES: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['hot-config ', commands],
  ['hot-config vali', ['validate']],
  ['hot-config --ver', ['--version']],
  ['hot-config validate --fo', ['--format']],
  ['hot-config validate --format s', ['sarif']],
  ['hot-config schema --to ', ['configmap', 'json-schema', 'markdown']],
  ['hot-config rollout st', ['status']],
  ['hot-config rollout status --j', ['--json']],
  ['hot-config rollout shop --bak', ['--bake']],
  ['hot-config status --conc', ['--concurrency']],
  ['hot-config completion ', SHELLS],
  ['hot-config doctor --he', ['--help']],
]

// In zsh only the line editor completes, which needs a terminal: that one is tried by its text below.
describe.each(['bash', 'fish'] as const)('hot-config completion in %s', (shell) => {
  const isMissing = !hasShell(shell)
  const reason = isMissing ? ` (skipped: ${shell} is not installed here)` : ''

  it.skipIf(isMissing)(`offers commands, options, and the values of both${reason}`, async () => {
    const { stdout } = await runCli(['completion', shell])
    for (const [line, offered] of LINES) {
      const words = new Set([
        ...offered,
        ...(shell === 'bash' && line === 'hot-config ' ? ['--help', '--version'] : []),
      ])
      expect([line, offersOf(shell, stdout, line)]).toEqual([line, Array.from(words).toSorted()])
    }
  })

  it.skipIf(isMissing)(`offers every option of every command${reason}`, async () => {
    const { stdout } = await runCli(['completion', shell])
    for (const command of [...commands, ...BELOW]) {
      const options = (await optionsOf(command)).toSorted()
      expect([command, offersOf(shell, stdout, `hot-config ${command} --`)]).toEqual([command, options])
    }
  })
})

describe('hot-config completion', () => {
  it('offers in bash files where a value or an argument may be one', async () => {
    const { stdout } = await runCli(['completion', 'bash'])
    for (const line of ['validate --schema ', 'status '])
      expect(offersOf('bash', stdout, `hot-config ${line}`)).toEqual([])
    expect(stdout).toContain('complete -o default ')
  })

  it('names in zsh every option of every command', async () => {
    const { stdout } = await runCli(['completion', 'zsh'])
    for (const command of [...commands, ...BELOW]) {
      expect(stdout).toContain(command)
      for (const option of await optionsOf(command)) expect(stdout).toContain(option)
    }
  })
})
