import type { Format } from './format.js'

/** Knows where it is in a text, which is asked only where something is wrong: most programs never load it. */
const loadPositions = (): Promise<typeof import('./json-positions.js')> => import('./json-positions.js')

export const json: Format = {
  heavyBytes: 1024 * 1024,

  parse(text) {
    try {
      return JSON.parse(text)
    } catch {
      // V8's message quotes the text and often has no position
      return refuse(text)
    }
  },

  positions: async (text) => (await loadPositions()).mapPositions(text),
}

async function refuse(text: string): Promise<never> {
  throw (await loadPositions()).explain(text)
}
