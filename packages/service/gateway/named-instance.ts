import { Code, ConnectError } from '@connectrpc/connect'
import type { Call } from '@marquee/connect-hono/call'
import { quoted } from '@marquee/connect-hono/errors/text'
import { withReason } from '../reasons.ts'
import type { Upstream } from './upstream.ts'

/**
 * Header that names the instance for a call of what every instance serves, such as health. Its value
 * is the id of the instance in the registry, which `SystemService.WatchSystem` lists: an address is
 * never taken from the header.
 */
export const instanceHeader = 'marquee-instance'

interface NamingCall {
  /** Name of the service in the registry. */
  readonly service: string
  readonly call: Pick<Call, 'isOperator'>
}

/**
 * Returns an upstream of the one instance with the id. Taking it throws `PERMISSION_DENIED` for
 * anyone but operators, who alone may know the instances, and `NOT_FOUND` when the registry knows no
 * such instance of the service.
 */
export function withNamed(
  upstream: Pick<Upstream, 'takeNamed'>,
  id: string,
  { service, call }: NamingCall,
): Pick<Upstream, 'take'> {
  return {
    take() {
      if (!call.isOperator) {
        const text = `only operators may set ${instanceHeader}: this needs a token with the role "operator"`
        const error = new ConnectError(text, Code.PermissionDenied)
        throw withReason(error, 'ROLE_MISSING', { role: 'operator' })
      }
      const lease = upstream.takeNamed(id)
      if (lease) return lease
      const text = `no instance ${quoted(id)} of ${service} is registered: WatchSystem lists those that are`
      const error = new ConnectError(text, Code.NotFound)
      throw withReason(error, 'INSTANCE_UNKNOWN', { service, instance: id })
    },
  }
}
