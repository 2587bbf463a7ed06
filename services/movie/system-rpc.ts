import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect'
import type { SystemService } from '../../gen/system/v1/system_pb.ts'
import type { SystemWatches } from './system.ts'

/** Implements `system.v1.SystemService` on the watches of all instances. */
export function createSystemRpc(system: SystemWatches) {
  return {
    async *watchSystem(_request, { signal }) {
      const reports = system.watch(signal)
      if (reports === undefined) {
        throw new ConnectError('too many watches are open already', Code.ResourceExhausted)
      }
      yield* reports
    },
  } satisfies ServiceImpl<typeof SystemService>
}
