import {
  type Activity,
  type InstanceReport,
  InstanceReport_Health,
  type SystemSample,
  type WatchSystemResponse,
} from '@marquee/client/system'
import { type Counted, growthOf, secondsBetween } from './growth.ts'
import { exactMillis, millis } from './times.ts'

/** Window of the rates and percentiles of methods, in seconds. */
export const windowSeconds = 30

/** Time for which the page keeps samples, in milliseconds. */
const samplesMs = 3_600_000

/** The state of the system: the last report, and what earlier ones are needed for. */
export interface Monitor {
  readonly report: WatchSystemResponse
  /** Activities of the last `windowSeconds` by instance id, oldest first, of one process each. */
  readonly windows: ReadonlyMap<string, readonly Activity[]>
  /** Samples of up to an hour, oldest first. */
  readonly samples: readonly SystemSample[]
  /** Upper bounds of the buckets of durations, in milliseconds. */
  readonly boundsMs: readonly number[]
}

export function monitorAfter(monitor: Monitor | undefined, report: WatchSystemResponse): Monitor {
  const instances = report.services.flatMap((service) => service.instances)
  return {
    report,
    windows: new Map(
      instances.map((one) => [one.id, windowAfter(monitor?.windows.get(one.id), one)]),
    ),
    samples: samplesAfter(monitor?.samples ?? [], report.samples),
    boundsMs: report.durationBounds.map(exactMillis),
  }
}

function windowAfter(before: readonly Activity[] = [], instance: InstanceReport) {
  const { activity } = instance
  if (!activity || isUnreachable(instance)) return before.slice(-1)
  // The same activity again has nothing new.
  if (millis(before.at(-1)?.time) === millis(activity.time)) return before
  const known = before.filter((one) => {
    const seconds = secondsBetween(one, activity)
    return seconds !== undefined && seconds <= windowSeconds + 0.5
  })
  return [...known, activity]
}

/** Seconds that the windows cover: up to `windowSeconds`, and less after a start. */
export function secondsShown({ windows }: Monitor): number {
  const seconds = [...windows.values()].map((window) => {
    const [first, last] = [window.at(0), window.at(-1)]
    return (last && secondsBetween(first, last)) ?? 0
  })
  return Math.round(Math.max(0, ...seconds))
}

/** A stream that is opened again begins with samples that are known. */
function samplesAfter(before: readonly SystemSample[], added: readonly SystemSample[]) {
  const [first, last] = [added.at(0), added.at(-1)]
  if (!first || !last) return before
  const older = before.filter(({ time }) => millis(time) < millis(first.time))
  const start = millis(last.time) - samplesMs
  return [...older, ...added].filter(({ time }) => millis(time) > start)
}

export function isUnreachable({ health }: InstanceReport): boolean {
  return health === InstanceReport_Health.UNREACHABLE
}

/** Rating events that an instance applies per second, or undefined when it is unknown. */
export function appliedPerSecond(window: readonly Activity[] | undefined): number | undefined {
  const [first, last] = [window?.at(0), window?.at(-1)]
  const seconds = last && secondsBetween(first, last)
  if (!seconds) return undefined
  const countOf = (one: Activity | undefined) => Number(one?.ingestion?.appliedCount ?? 0n)
  return Math.max(0, countOf(last) - countOf(first)) / seconds
}

/** Growth of the counters of one process within its window. */
export function growthIn<C extends Counted>(
  window: readonly Activity[] | undefined,
  countersOf: (activity: Activity) => readonly C[],
  keyOf: (counter: C) => string,
) {
  const [first, last] = [window?.at(0), window?.at(-1)]
  if (!first || !last) return []
  const seconds = secondsBetween(first, last)
  const before = new Map(countersOf(first).map((one) => [keyOf(one), one]))
  return countersOf(last).map((counter) => ({
    counter,
    growth: growthOf(before.get(keyOf(counter)), counter, seconds),
  }))
}
