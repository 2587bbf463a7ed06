import type { RpcError } from '@marquee/client/result'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { ServiceAddresses } from '../addresses.ts'
import { loadErrorText } from '../rpc-error.ts'

/** Comes back here. Sharing code with the header would add a script to every first load. */
const signInUrl = '/auth/login?return=%2Fsystem'

interface RefusedProps {
  readonly error: RpcError
  readonly addresses: () => Promise<ServiceAddresses>
}

/** Says that the service does not show its state to this person, and how that may change. */
export function Refused({ error, addresses }: RefusedProps) {
  const hasSignIn = useSignal(false)
  useEffect(() => {
    void addresses().then((found) => {
      hasSignIn.value = found.hasSignIn === true
    })
  }, [addresses])
  const isClosed = error.code === 'unauthenticated' || error.code === 'permission_denied'
  return (
    <div class="failure" role="alert">
      <p class="failure-title">{loadErrorText(error, 'movie')}</p>
      {isClosed ? <p>The state of the system is for operators.</p> : null}
      {isClosed && hasSignIn.value ? (
        <a class="button" href={signInUrl}>
          Sign in as an operator
        </a>
      ) : null}
    </div>
  )
}
