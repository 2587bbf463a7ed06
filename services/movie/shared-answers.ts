import type { Answer, Ask } from './movie.ts'

/** How long an answer is given to those who ask for the same, in milliseconds. */
export const keptMs = 1_000
/** Answers that are shared at a time, at most: what is more is asked for by each. */
export const sharedMax = 1_000

type Get<T> = (id: string, ask: Ask) => Promise<Answer<T>>

/**
 * Asks once for all who want to know the same at a time, because those who watch a movie come together: after a restart,
 * all of them. What was found is given to others for a second. The first one's request id names the call, which goes on
 * when that one leaves.
 * @param forget calls a function after so many milliseconds.
 */
export function shareAnswers<T>(get: Get<T>, forget = callLater): Get<T> {
  const shared = new Map<string, Promise<Answer<T>>>()

  function start(id: string, { requestId }: Ask): Promise<Answer<T>> {
    const ask = { signal: new AbortController().signal, deadlineMs: undefined, requestId }
    const answer = get(id, ask)
    shared.set(id, answer)
    const drop = () => void shared.delete(id)
    answer.then(({ kind }) => (kind === 'found' ? forget(drop, keptMs) : drop()), drop)
    return answer
  }

  return (id, ask) => {
    const known = shared.get(id)
    if (known !== undefined) return known
    return shared.size < sharedMax ? start(id, ask) : get(id, ask)
  }
}

function callLater(act: () => void, delayMs: number): void {
  setTimeout(act, delayMs).unref()
}
