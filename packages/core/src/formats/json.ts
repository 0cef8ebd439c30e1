import type { Format } from './format.js'

/** Knows where it is in a text, which is asked only where something is wrong: most programs never load it. */
const loadPlaces = (): Promise<typeof import('./json-places.js')> => import('./json-places.js')

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

  places: async (text) => (await loadPlaces()).findPlaces(text),
}

async function refuse(text: string): Promise<never> {
  throw (await loadPlaces()).explain(text)
}
