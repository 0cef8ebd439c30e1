/** Control characters, which could change what a terminal shows, and the marks that change the order of text. */
// eslint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** A text on one line, without characters that a terminal would act on. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    if (character === '\n') return '\\n'
    if (character === '\t') return ' '
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** A value as JSON on one line. */
export function printableValue(value: unknown): string {
  return value === undefined ? 'nothing' : printable(JSON.stringify(value))
}
