const NAME = /^(?=.{1,253}$)[a-z\d](?:[-a-z\d]*[a-z\d])?(?:\.[a-z\d](?:[-a-z\d]*[a-z\d])?)*$/

/** What is expected of the name of an object. */
export const EXPECTED_NAME = 'Kubernetes accepts lower-case letters, digits, - and .'

/** Whether the API server accepts a name for a ConfigMap or a Secret. */
export function isObjectName(text: string): boolean {
  return NAME.test(text)
}
