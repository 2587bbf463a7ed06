import { type ReadonlySignal, signal } from '@preact/signals'
import type { Call } from './call.ts'
import { type Outcome, outcomeAfter, startedOutcome } from './outcome.ts'
import { runCall } from './run-call.ts'

/** The last call of a method; a new one cancels it. */
export interface CallState {
  readonly outcome: ReadonlySignal<Outcome | undefined>
  /** Resolves with the outcome when the call has ended. */
  start(call: Call): Promise<Outcome>
  cancel(): void
}

export function createCallState(): CallState {
  const outcome = signal<Outcome | undefined>(undefined)
  let controller = new AbortController()
  const start = async (call: Call) => {
    controller.abort()
    controller = new AbortController()
    const { signal: aborted } = controller
    const startMs = performance.now()
    const show = inFrames((next: Outcome) => {
      if (controller.signal === aborted) outcome.value = next
    })
    let latest = startedOutcome
    show(latest)
    for await (const event of runCall(call, aborted)) {
      latest = outcomeAfter(latest, event, performance.now() - startMs)
      show(latest)
    }
    return latest
  }
  return { outcome, start, cancel: () => controller.abort() }
}

/** Shows the newest outcome once per frame, so that a fast stream does not render more often. */
function inFrames(show: (outcome: Outcome) => void): (outcome: Outcome) => void {
  let pending: Outcome | undefined
  return (next) => {
    if (pending === undefined) {
      requestAnimationFrame(() => {
        if (pending) show(pending)
        pending = undefined
      })
    }
    pending = next
  }
}
