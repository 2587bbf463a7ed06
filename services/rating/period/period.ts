import type { PeriodTimes } from '../store/period-counts.ts'

/** Period of a top list. */
export type Period = 'week' | 'month'

export const dayMs = 86_400_000

/** Lengths of the periods, in UTC days. The last one is the day of the request. */
const periodDays: Readonly<Record<Period, number>> = { week: 7, month: 30 }

/** Returns the end of a UTC day, in milliseconds since the Unix epoch. */
export function endOfDay(timeMs: number): number {
  return (Math.floor(timeMs / dayMs) + 1) * dayMs
}

/** Returns the first time of the period that ends with a day. */
export function startOf(period: Period, endMs: number): number {
  return endMs - periodDays[period] * dayMs
}

export function periodTimes(endMs: number): PeriodTimes {
  return { weekStartMs: startOf('week', endMs), monthStartMs: startOf('month', endMs), endMs }
}
