import { ConnectError } from '@connectrpc/connect'

/** The error that a call fails with; throws when it succeeds. */
export async function failureOf(call: Promise<unknown>): Promise<ConnectError> {
  return call.then(
    () => {
      throw new Error('the call should have failed')
    },
    (error: unknown) => ConnectError.from(error),
  )
}
