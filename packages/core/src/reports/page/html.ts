/** Text that is HTML. Everything else becomes text in it. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What may stand in a template: HTML as it is, lists one after another, nothing for `undefined` and `false`, else text. */
export type Part = Html | string | number | undefined | false | readonly Part[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

/** HTML in which whatever is put in is inert, between tags and between the quotes of an attribute. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(String.raw({ raw: strings }, ...parts.map(render)))
}

function render(part: Part): string {
  if (part instanceof Html) return part.text
  if (typeof part === 'object') return part.map(render).join('')
  if (part === undefined || part === false) return ''
  return escape(String(part))
}

function escape(text: string): string {
  // control characters have no place in HTML, not even escaped
  // oxlint-disable-next-line no-control-regex -- they are what this is about
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, '\ufffd').replace(/[&<>"'`]/g, (char) => ENTITIES[char] ?? '')
}
