import type { Activity, CodeCount } from '@marquee/client/system'
import { sum } from './quantile.ts'
import { millis } from './times.ts'

/** Counts of a method, or of the calls to a service, since the process started. */
export interface Counted {
  readonly codes: readonly CodeCount[]
  readonly durationBuckets: readonly bigint[]
}

/** Growth of counts within a time. */
export interface Growth {
  readonly perSecond: number
  readonly faultsPerSecond: number
  /** Calls by duration. */
  readonly buckets: readonly number[]
  readonly codes: readonly CodeGrowth[]
}

export interface CodeGrowth {
  readonly code: string
  readonly fault: boolean
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

/**
 * Difference of two counts of the same process.
 * @param seconds Undefined when it is unknown: all rates are 0.
 */
export function growthOf(
  before: Counted | undefined,
  now: Counted,
  seconds: number | undefined,
): Growth {
  const counted = new Map(before?.codes.map(({ code, count }) => [code, Number(count)]))
  const rate = (grown: number) => (seconds === undefined ? 0 : Math.max(0, grown) / seconds)
  const codes = now.codes.map(({ code, fault, count }) => {
    const perSecond = rate(Number(count) - (counted.get(code) ?? 0))
    return { code, fault, perSecond, count: Number(count) }
  })
  return {
    codes,
    perSecond: sum(codes.map((one) => one.perSecond)),
    faultsPerSecond: sum(codes.map(({ fault, perSecond }) => (fault ? perSecond : 0))),
    buckets: now.durationBuckets.map((count, index) =>
      seconds === undefined
        ? 0
        : Math.max(0, Number(count - (before?.durationBuckets[index] ?? 0n))),
    ),
  }
}
