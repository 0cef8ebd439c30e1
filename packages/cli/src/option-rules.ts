import type { Command, Option } from 'commander'

import { collect } from './command-options.js'

/** Options that say themselves what they expect. */
const CHECKED = new Set(['--sources'])

/**
 * Rejects what can't mean anything, of a command and of those below it: an option or an argument that is empty, such as
 * an unset variable, two names of one thing, and an option before the command that it is for. If an option with a
 * default is given twice, the last value counts, so that a script can add to what another one passes.
 */
export function checkOptions(command: Command): void {
  for (const option of command.options.filter(({ required }) => required)) {
    const isName = option.defaultValue === undefined && option.parseArg !== collect
    let before: string | undefined
    command.on(`option:${option.name()}`, (value: string) => {
      if (value.trim() === '' && !CHECKED.has(option.long ?? ''))
        command.error(`error: option '${option.flags}' is empty`)
      const isOther = before !== undefined && before !== value
      if (isName && isOther) command.error(`error: option '${option.flags}' was given twice: choose one`)
      before = value
    })
  }
  command.hook('preAction', (_, running) => {
    if (running !== command) return
    const values = command.processedArgs.map((value: unknown) => [value].flat())
    const index = values.findIndex((each) => each.some((value) => typeof value === 'string' && value.trim() === ''))
    if (index >= 0) command.error(`error: argument '${command.registeredArguments[index]?.name()}' is empty`)
  })
  command.hook('preSubcommand', (_, below) => {
    const misplaced = command.options.find((option) => isGivenTo(command, option))
    if (misplaced) command.error(`error: option '${misplaced.flags}' must come after ${below.name()}`)
  })
  rejectUnknownFirst(command)
  for (const below of command.commands) checkOptions(below)
}

/** What the parser of arguments calls for a mistake. */
interface Faults {
  missingMandatoryOptionValue: (this: Command, option: Option) => void
  unknownOption: (flag: string) => void
}

/** If a required option is misspelt, the parser would only say that the right one is missing. */
function rejectUnknownFirst(command: Command): void {
  const faults = command as unknown as Faults
  const missing = faults.missingMandatoryOptionValue
  faults.missingMandatoryOptionValue = (option) => {
    const unknown = command.args.find((argument) => /^--?[a-z]/i.test(argument))
    if (unknown !== undefined) faults.unknownOption(unknown)
    missing.call(command, option)
  }
}

/**
 * Rejects options without the one that gives them a meaning.
 *
 * @param needed the option that they need, such as `--schema`
 * @param dependent those options
 */
export function needs(command: Command, needed: string, dependent: readonly string[]): void {
  const optionOf = (flag: string): Option | undefined => command.options.find(({ long }) => long === flag)
  command.hook('preAction', (_, running) => {
    const own = optionOf(needed)
    if (running !== command || (own && isGivenTo(command, own))) return
    const lonely = dependent.map(optionOf).find((option) => option && isGivenTo(command, option))
    if (lonely) command.error(`error: option '${lonely.flags}' has no effect without '${needed}'`)
  })
}

function isGivenTo(command: Command, option: Option): boolean {
  return command.getOptionValueSource(option.attributeName()) === 'cli'
}
