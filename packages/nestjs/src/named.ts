/** Which of an app's configurations is meant. */
export interface Named {
  /** As given to `HotConfigModule.forRoot({ name })`. Default: the configuration without a name. */
  readonly name?: string | undefined
}

/** Decorators take a path, a name, both or neither. */
export function splitArguments(pathOrOptions: string | Named = {}, options: Named = {}): [string | undefined, Named] {
  return typeof pathOrOptions === 'string' ? [pathOrOptions, options] : [undefined, pathOrOptions]
}
