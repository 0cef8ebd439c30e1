/** What a request is for, in the words of RBAC. */
export interface Purpose {
  readonly resource: string
  readonly name?: string
  readonly namespace: string
  readonly verbs: readonly string[]
}
