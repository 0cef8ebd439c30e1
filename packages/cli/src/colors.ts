import { styleText } from 'node:util'

type Paint = (text: string) => string

/** The colours of the output. Without colours, texts stay as they are. */
export interface Colors {
  readonly bold: Paint
  readonly dim: Paint
  readonly green: Paint
  readonly red: Paint
  readonly yellow: Paint
}

/** Colours only for a terminal, and never with `NO_COLOR`: https://no-color.org. `FORCE_COLOR` is for CI. */
export function colorsFor(stream: NodeJS.WriteStream): Colors {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  const isForced = FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0'
  const hasColors = !NO_COLOR && (isForced || (stream.isTTY && TERM !== 'dumb'))
  const paint = (style: keyof Colors): Paint => (hasColors ? (text) => styleText(style, text) : (text) => text)
  return { bold: paint('bold'), dim: paint('dim'), green: paint('green'), red: paint('red'), yellow: paint('yellow') }
}
