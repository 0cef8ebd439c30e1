/** The value to which the kubelet sets `NAME_PORT`. A port that a user sets is only a number. */
const LINK = /^(?:tcp|udp|sctp):\/\/[^/]+:\d+$/

/** The other names that the kubelet sets for a service, without the leading `NAME`. */
const OTHERS = /^_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/

/**
 * Finds the variables that the kubelet sets in every container for every service of the namespace, unless the pod has
 * `enableServiceLinks: false`. They must not become configuration when the prefix of the application's variables is the
 * name of a service. For the service `app` they are `APP_PORT=tcp://10.0.0.1:80`, `APP_SERVICE_HOST` and six more.
 * See https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
export function serviceLinks(env: NodeJS.ProcessEnv): ReadonlySet<string> {
  const names = Object.keys(env)
  const services = names.flatMap((name) => {
    const service = /^(.+)_SERVICE_HOST$/.exec(name)?.[1]
    return service !== undefined && LINK.test(env[`${service}_PORT`] ?? '') ? [service] : []
  })
  const isLink = (name: string): boolean =>
    services.some((service) => {
      if (!name.startsWith(`${service}_`)) return false
      const rest = name.slice(service.length)
      return rest === '_PORT' || OTHERS.test(rest)
    })
  return new Set(services.length > 0 ? names.filter(isLink) : [])
}
