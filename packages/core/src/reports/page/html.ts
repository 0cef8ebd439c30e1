/** HTML that needs no escaping. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/**
 * Values in a template: HTML stays as it is, lists are joined, `undefined` and `false` are empty, the rest is escaped
 * text.
 */
export type Part = Html | string | number | undefined | false | readonly Part[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

/** Builds HTML in which values are escaped, between tags and between the quotes of an attribute. */
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
  // Control characters are not allowed in HTML, not even escaped.
  // oxlint-disable-next-line no-control-regex -- they are what this is about
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, '\ufffd').replace(/[&<>"'`]/g, (char) => ENTITIES[char] ?? '')
}
