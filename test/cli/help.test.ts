import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { runCli } from '../support/cli.ts'

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

describe('hot-config completion', () => {
  /** What bash offers for a line. */
  async function offers(...words: string[]): Promise<string[]> {
    const { stdout } = await runCli(['completion', 'bash'])
    const line = words.map((word) => `'${word}'`).join(' ')
    const script = `${stdout}\nCOMP_WORDS=(hot-config ${line})\nCOMP_CWORD=${words.length}\n_hot_config\nprintf '%s\\n' "\${COMPREPLY[@]}"`
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\n').filter(Boolean)
  }

  it('offers in bash the commands, their options and the values of options', async () => {
    expect(await offers('')).toEqual([...commands, '--help', '--version'])
    expect(await offers('vali')).toEqual(['validate'])
    expect(await offers('validate', '--fo')).toEqual(['--format'])
    expect(await offers('validate', '--format', 's')).toEqual(['sarif'])
    expect((await offers('validate', '-')).toSorted()).toEqual((await optionsOf('validate')).toSorted())
    expect(await offers('validate', '--schema', '')).toEqual([])
    expect(await offers('rollout', '')).toEqual(['status', 'abort'])
    expect(await offers('rollout', 'shop', '--bak')).toEqual(['--bake'])
    expect(await offers('status', '')).toEqual([])
    for (const command of BELOW) {
      expect((await offers(...command.split(' '), '-')).toSorted()).toEqual((await optionsOf(command)).toSorted())
      expect(await offers(...command.split(' '), 'shop', '--c')).toEqual(['--context'])
    }
  })

  it.each(['zsh', 'fish'])('names in %s every option of every command', async (shell) => {
    const { stdout } = await runCli(['completion', shell])
    for (const command of [...commands, ...BELOW]) {
      if (shell === 'zsh' || commands.includes(command)) expect(stdout).toContain(command)
      else expect(stdout).toMatch(new RegExp(command.replace(' ', '\\b.*-a ')))
      for (const option of await optionsOf(command)) {
        if (option !== '--help') expect(stdout).toContain(shell === 'fish' ? `-l ${option.slice(2)} ` : option)
      }
    }
  })
})
