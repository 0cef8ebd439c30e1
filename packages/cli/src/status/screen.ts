import { stripVTControlCharacters } from 'node:util'

import { print } from '../output.js'

/** Shows texts one after the other: on a terminal in the same place, elsewhere below each other. */
export class Screen {
  /** How many rows of the terminal are replaced by the next text. */
  #rows = 0
  #shown: string | undefined

  /**
   * Shows a text, unless it is there already.
   *
   * @param isLast whether it stays. Others are cut where the terminal ends, because what has scrolled off can't be replaced
   */
  async show(text: string, isLast: boolean): Promise<void> {
    // some terminals have no size
    const [columns, rows] = [process.stdout.columns || 80, process.stdout.rows || 24]
    const isCut = process.stdout.isTTY && !isLast
    const { lines, height } = fitting(text.split('\n'), columns, isCut ? rows - 1 : Infinity)
    const shown = lines.join('\n')
    if (shown === this.#shown) return
    const erase = process.stdout.isTTY && this.#rows > 0 ? `\u001B[${this.#rows}A\u001B[J` : ''
    this.#shown = shown
    this.#rows = height
    await print(erase + shown)
  }
}

/** The first lines that fit into a number of rows. A line that is too long takes several. */
function fitting(all: readonly string[], columns: number, rows: number): { lines: string[]; height: number } {
  const lines: string[] = []
  let height = 0
  for (const line of all) {
    const more = Math.max(1, Math.ceil(stripVTControlCharacters(line).length / columns))
    if (height + more > rows) break
    height += more
    lines.push(line)
  }
  return { lines, height }
}
