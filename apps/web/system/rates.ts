import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt'
import type { Activity } from '@marquee/client/system'

/** Calls per second of a method that end with one code. */
export interface CallRate {
  readonly protocol: string
  readonly method: string
  readonly code: string
  readonly perSecond: number
  /** Number of calls since the process started. */
  readonly count: number
}

/**
 * Seconds between two activities of the same process, or undefined when there is no difference to
 * take: a new process counts from 0 again.
 */
export function secondsBetween(before: Activity | undefined, now: Activity): number | undefined {
  if (before === undefined || millis(before.startTime) !== millis(now.startTime)) return undefined
  const seconds = (millis(now.time) - millis(before.time)) / 1000
  return seconds > 0 ? seconds : undefined
}

/** Calls per second between two activities, by method and code; 0 where it is unknown. */
export function callRates(before: Activity | undefined, now: Activity): CallRate[] {
  const seconds = secondsBetween(before, now)
  const counted = new Map(before && seconds ? countsOf(before).map((one) => [keyOf(one), one]) : [])
  return countsOf(now).map((one) => {
    const grown = one.count - (counted.get(keyOf(one))?.count ?? 0)
    return { ...one, perSecond: seconds === undefined ? 0 : Math.max(0, grown) / seconds }
  })
}

/** Calls per second of all methods together, or undefined when it is unknown. */
export function callsPerSecond(before: Activity | undefined, now: Activity): number | undefined {
  return perSecond(before, now, (activity) => sum(countsOf(activity).map(({ count }) => count)))
}

/** Rating events ingested per second, or undefined when it is unknown. */
export function appliedPerSecond(before: Activity | undefined, now: Activity): number | undefined {
  return perSecond(before, now, ({ ingestion }) => Number(ingestion?.appliedCount ?? 0n))
}

function perSecond(
  before: Activity | undefined,
  now: Activity,
  countOf: (activity: Activity) => number,
): number | undefined {
  const seconds = secondsBetween(before, now)
  if (before === undefined || seconds === undefined) return undefined
  return Math.max(0, countOf(now) - countOf(before)) / seconds
}

/** Rates of several processes, summed by method and code. */
export function mergedRates(rates: readonly CallRate[]): CallRate[] {
  const merged = new Map<string, CallRate>()
  for (const rate of rates) {
    const { perSecond: more = 0, count = 0 } = merged.get(keyOf(rate)) ?? {}
    const both = { perSecond: rate.perSecond + more, count: rate.count + count }
    merged.set(keyOf(rate), { ...rate, ...both })
  }
  return [...merged.values()]
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

export function millis(time: Timestamp | undefined): number {
  return time === undefined ? 0 : timestampMs(time)
}

type CallCount = Omit<CallRate, 'perSecond'>

function countsOf({ calls }: Activity): CallCount[] {
  return calls.flatMap(({ protocol, method, codes }) =>
    codes.map(({ code, count }) => ({ protocol, method, code, count: Number(count) })),
  )
}

function keyOf({ protocol, method, code }: CallCount): string {
  return `${protocol} ${method} ${code}`
}
