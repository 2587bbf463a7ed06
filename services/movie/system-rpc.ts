import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect'
import type { SystemService } from '../../gen/system/v1/system_pb.ts'
import { withReason } from './reasons.ts'
import type { SystemWatches } from './system.ts'

/** Implements `system.v1.SystemService` on the watches of all instances. */
export function createSystemRpc(system: SystemWatches) {
  return {
    async *watchSystem(_request, { signal }) {
      const reports = system.watch(signal)
      if (reports === undefined) {
        const text = 'too many watches are open already'
        throw withReason(new ConnectError(text, Code.ResourceExhausted), 'WATCHES_EXHAUSTED')
      }
      yield* reports
    },
    async listSystemCalls({ service, ...filter }) {
      return { instances: await system.listCalls(service, filter) }
    },
  } satisfies ServiceImpl<typeof SystemService>
}
