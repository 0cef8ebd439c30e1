import type { Purpose } from './purpose.js'

/** The Role and the RoleBinding that allow a forbidden request, for `kubectl apply -f -`. */
export function missingRule({ resource, name, namespace, verbs }: Purpose, message = ''): string {
  const role = ['hot-config', resource, name].filter(Boolean).join('-')
  const user = message.match(/User "([^"]+)"/)?.[1] ?? 'system:serviceaccount:NAMESPACE:NAME'
  return [
    'This allows it:',
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: Role',
    `metadata: { name: ${role}, namespace: ${namespace} }`,
    'rules:',
    '  - apiGroups: [""]',
    `    resources: ${list([resource])}`,
    ...(name === undefined ? [] : [`    resourceNames: ${list([name])}`]),
    `    verbs: ${list(verbs)}`,
    '---',
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: RoleBinding',
    `metadata: { name: ${role}, namespace: ${namespace} }`,
    `roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${role} }`,
    `subjects: [${subject(user)}]`,
  ].join('\n')
}

function subject(user: string): string {
  const [, namespace, name] = user.match(/^system:serviceaccount:([^:]+):([^:]+)$/) ?? []
  if (name !== undefined) return `{ kind: ServiceAccount, name: ${name}, namespace: ${namespace} }`
  return `{ apiGroup: rbac.authorization.k8s.io, kind: User, name: ${JSON.stringify(user)} }`
}

function list(names: readonly string[]): string {
  return JSON.stringify(names).replaceAll(',', ', ')
}
