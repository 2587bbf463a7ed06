import { createCalls } from '@marquee/client/calls'
import { type EndedCall, SystemService } from '@marquee/client/system'
import { optionsOf } from '../clients.ts'
import { loadErrorText } from '../rpc-error.ts'

/** A call with the service of the instance that has handled it. */
export interface SystemCall extends EndedCall {
  readonly service: string
}

/** Calls that have been read, or the reason why they have not. */
export type ListedCalls =
  | { readonly kind: 'found'; readonly calls: readonly SystemCall[]; readonly missing: string }
  | { readonly kind: 'failed'; readonly reason: string }

export interface CallsRequest {
  readonly service?: string
  readonly method?: string
  readonly requestId?: string
  readonly pageSize?: number
}

/** Reads the last calls of all instances. */
export type SystemCalls = (request: CallsRequest) => Promise<ListedCalls>

export function createSystemCalls(): SystemCalls {
  const { listSystemCalls } = createCalls(SystemService, optionsOf(''))
  return async (request) => {
    const result = await listSystemCalls(request)
    if (!result.ok) return { kind: 'failed', reason: loadErrorText(result.error, 'movie') }
    const { instances } = result.value
    const silent = instances.filter(({ unreachableReason }) => unreachableReason)
    return {
      kind: 'found',
      calls: instances.flatMap(({ service, calls }) => calls.map((call) => ({ ...call, service }))),
      missing: [...new Set(silent.map(({ service }) => service))].join(', '),
    }
  }
}
