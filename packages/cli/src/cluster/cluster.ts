/** What the API server answered. */
export interface Answer {
  readonly status: number
  readonly body: string
  /** The time of the server, when it says so. */
  readonly date?: Date
}

/** The API server, as the service account of this pod or as the user of the kubeconfig. */
export interface Cluster extends Disposable {
  /** The namespace of the pod or of the context. */
  readonly namespace: string
  /** Asks within 10 seconds. @param signal ends it earlier, with its reason */
  get(path: string, signal?: AbortSignal): Promise<Answer>
  /** Asks for a change within 10 seconds. A PATCH is a JSON merge patch. */
  send(method: 'POST' | 'PATCH' | 'DELETE', path: string, body: object): Promise<Answer>
}
