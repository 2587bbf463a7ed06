import { type ReadonlySignal, signal } from '@preact/signals'
import { createFrameBatch } from '../live/frame-batch.ts'
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
    // Once per frame, so that a fast stream does not render more often.
    const shown = createFrameBatch<'outcome', Outcome>((changes) => {
      if (controller.signal === aborted) outcome.value = changes.get('outcome')
    }, requestAnimationFrame)
    let latest = startedOutcome(startMs)
    shown.put('outcome', latest)
    for await (const event of runCall(call, aborted)) {
      latest = outcomeAfter(latest, event, performance.now() - startMs)
      shown.put('outcome', latest)
    }
    return latest
  }
  return { outcome, start, cancel: () => controller.abort() }
}
