import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect'
import { type ProbeOptions, startProbe } from '@marquee/service/process/health'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'

/** Interval of the calls, in milliseconds. */
const intervalMs = 5_000
/** Maximum time of a call, in milliseconds. */
const timeoutMs = 2_000

/**
 * Calls metadata repeatedly, with the identity of this service, until disposed. The condition is not
 * met while metadata refuses the identity: it would refuse the calls of all users. A metadata that
 * does not respond is no matter of this condition.
 */
export function watchMetadataAccess(
  transport: Transport,
  timing: Omit<ProbeOptions, 'probe'> = { intervalMs, timeoutMs: 2 * timeoutMs },
) {
  const client = createClient(MetadataService, transport)
  return startProbe({
    ...timing,
    async probe() {
      try {
        await client.batchGetMetadata({ movieIds: ['-'] }, { timeoutMs })
      } catch (error) {
        const { code, rawMessage } = ConnectError.from(error)
        if (code !== Code.Unauthenticated && code !== Code.PermissionDenied) return
        throw new Error(`metadata refuses the --service-key of movie: ${rawMessage}`)
      }
    },
  })
}
