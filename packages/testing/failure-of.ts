import { ConnectError } from '@connectrpc/connect'

/** Returns the error that a call fails with. Throws when the call succeeds. */
export async function failureOf(call: Promise<unknown>): Promise<ConnectError> {
  return call.then(
    () => {
      throw new Error('the call should have failed')
    },
    (error: unknown) => ConnectError.from(error),
  )
}
