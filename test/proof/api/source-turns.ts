import type { Line } from '../../support/recording-logger.ts'

interface Turned {
  readonly name: string
  readonly isUpdatable: boolean
  readonly isLate: boolean
}

const NAME = '((?:configMap|secret|volume):[^:]*)'
// a watch that works again at this moment has no reason any more
const STOPPED = new RegExp(`^updates no longer reach ${NAME}(?::|$)`)
const AGAIN = new RegExp(`^updates reach ${NAME} again$`)
const LATE = new RegExp(`^updates of ${NAME} arrive late:`)
const IN_TIME = new RegExp(`^updates of ${NAME} no longer arrive late$`)
const SWITCHED = new RegExp(`^${NAME} is used in place of ${NAME}(?::|$)`)

/** Follows the log and finds a turn that is logged twice, or that ends without having begun. */
export class SourceTurns {
  readonly #sources: Turned[]
  #read = 0

  /** @param names of the sources, as they are at the start */
  constructor(names: readonly string[]) {
    this.#sources = names.map((name) => ({ name, isUpdatable: true, isLate: false }))
  }

  /** What of the sources has turned and did not turn back. */
  get open(): readonly Turned[] {
    return this.#sources.filter(({ isUpdatable, isLate, name }) => !isUpdatable || isLate || name.startsWith('volume'))
  }

  /** Reads the lines that are new. @throws {Error} for one that repeats the one before it, or that ends nothing */
  read(lines: readonly Line[]): void {
    for (; this.#read < lines.length; this.#read++) {
      const { message, details } = lines[this.#read] as Line
      const change = (pattern: RegExp, from: Partial<Turned>, to: Partial<Turned>): void => {
        const [, name] = pattern.exec(message) ?? []
        if (name !== undefined) this.#turn(message, { name, ...from }, to)
      }
      change(STOPPED, { isUpdatable: true }, { isUpdatable: false })
      change(AGAIN, { isUpdatable: false }, { isUpdatable: true })
      change(LATE, { isLate: false }, { isLate: true })
      change(IN_TIME, { isLate: true }, { isLate: false })
      const [, name, before] = SWITCHED.exec(message) ?? []
      const isUpdatable = (details as { updatable?: boolean }).updatable !== false
      if (name !== undefined && before !== undefined)
        this.#turn(message, { name: before }, { name, isUpdatable, isLate: false })
    }
  }

  #turn(message: string, from: Partial<Turned>, to: Partial<Turned>): void {
    const isFrom = (source: Turned): boolean =>
      Object.entries(from).every(([key, value]) => source[key as keyof Turned] === value)
    const index = this.#sources.findIndex(isFrom)
    const source = this.#sources[index]
    if (!source) throw new Error(`logged, while the sources are ${JSON.stringify(this.#sources)}: ${message}`)
    this.#sources[index] = { ...source, ...to }
  }
}
