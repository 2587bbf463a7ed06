import type { Caller, Lookup } from './movie.ts'

/** Time that a found result is shared, in milliseconds. */
export const keptMs = 1_000
/** Maximum number of shared lookups. Further ones are not shared. */
export const sharedMax = 1_000

type Get<L> = (id: string, caller: Caller) => Promise<L>

/**
 * Shares one lookup among all who need the same id at the same time. Viewers come together: after a
 * restart, all of them. A found result is shared for another second. The lookup carries the request
 * id and the span of the first caller, and continues when this caller leaves.
 * @param forget Calls a function after `delayMs` milliseconds.
 */
export function shareLookups<T, L extends Lookup<T> = Lookup<T>>(
  get: Get<L>,
  forget = callLater,
): Get<L> {
  const shared = new Map<string, Promise<L>>()

  function start(id: string, { requestId, span }: Caller): Promise<L> {
    const caller = { signal: new AbortController().signal, deadlineMs: undefined, requestId, span }
    const lookup = get(id, caller)
    shared.set(id, lookup)
    const drop = () => void shared.delete(id)
    lookup.then(({ kind }) => (kind === 'found' ? forget(drop, keptMs) : drop()), drop)
    return lookup
  }

  return (id, caller) => {
    const known = shared.get(id)
    if (known !== undefined) return known
    return shared.size < sharedMax ? start(id, caller) : get(id, caller)
  }
}

function callLater(act: () => void, delayMs: number): void {
  setTimeout(act, delayMs).unref()
}
