import { stripVTControlCharacters } from 'node:util'

import { print } from '../output.js'

/** Shows texts one after the other: on a terminal in the same place, elsewhere below each other. */
export class Screen {
  /** How many rows of the terminal the text on it takes. */
  #rows = 0
  #shown: string | undefined

  /** Shows a text, unless it is there already. */
  async show(text: string): Promise<void> {
    if (text === this.#shown) return
    this.#shown = text
    if (!process.stdout.isTTY) return print(text)
    // some terminals have no size
    const [columns, rows] = [process.stdout.columns || 80, process.stdout.rows || 24]
    // what has scrolled off the screen can't be replaced
    const { lines, height } = fitting(text.split('\n'), columns, rows - 1)
    const erase = this.#rows > 0 ? `\u001B[${this.#rows}A\u001B[J` : ''
    this.#rows = height
    await print(erase + lines.join('\n'))
  }
}

/** The first lines that fit into a number of rows. A line that is too long takes several. */
function fitting(all: readonly string[], columns: number, rows: number): { lines: string[]; height: number } {
  const heightOf = (line: string): number => Math.max(1, Math.ceil(stripVTControlCharacters(line).length / columns))
  const lines: string[] = []
  let height = 0
  for (const line of all) {
    if (height + heightOf(line) > rows) break
    height += heightOf(line)
    lines.push(line)
  }
  return { lines, height }
}
