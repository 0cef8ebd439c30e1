/** What the handlers of all servers read, from wherever they have it. */
export interface Settings {
  readonly a: { readonly b: { readonly c: number } }
}

export const SETTINGS: Settings = { a: { b: { c: 1_234 } } }

/** What they answer with. */
export const BODY: string = JSON.stringify({ c: SETTINGS.a.b.c })

/** Starts a server, which reads its configuration from a volume if it has one. Resolves with its port. */
export type Start = (volume: string) => Promise<number>
