import { type ReadonlySignal, signal } from '@preact/signals'
import type { Call } from './call.ts'
import { type Outcome, outcomeAfter, startedOutcome } from './outcome.ts'
import { runCall } from './run-call.ts'

/** The last call of a method: one at a time. */
export interface CallState {
  readonly outcome: ReadonlySignal<Outcome | undefined>
  /** Resolves with how it ended. */
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

/** Shows the latest of what comes within a frame, so that a fast stream is drawn as often as it can be seen. */
function inFrames(show: (outcome: Outcome) => void): (outcome: Outcome) => void {
  let waiting: Outcome | undefined
  return (next) => {
    if (waiting === undefined) {
      requestAnimationFrame(() => {
        if (waiting) show(waiting)
        waiting = undefined
      })
    }
    waiting = next
  }
}
