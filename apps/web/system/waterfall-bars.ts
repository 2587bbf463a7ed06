import type { SystemCall } from './system-calls.ts'
import { exactMillis, exactTime } from './times.ts'

/** A part of a call, with its place in the time of the whole, in percent. */
export interface WaterfallBar {
  readonly call: SystemCall
  readonly durationMs: number
  readonly start: number
  readonly width: number
}

/** Minimum width of a bar, in percent, so that it can be seen. */
const widthMin = 0.5

/** The parts of a call, in the order of their start; the longer one first when they start together. */
export function waterfallBars(calls: readonly SystemCall[]): WaterfallBar[] {
  const parts = calls.map((call) => ({
    call,
    startMs: exactTime(call.startTime),
    durationMs: call.duration ? exactMillis(call.duration) : 0,
  }))
  const begin = Math.min(...parts.map(({ startMs }) => startMs))
  const end = Math.max(...parts.map(({ startMs, durationMs }) => startMs + durationMs))
  const whole = Math.max(end - begin, Number.EPSILON)
  return parts
    .toSorted((a, b) => a.startMs - b.startMs || b.durationMs - a.durationMs)
    .map(({ call, startMs, durationMs }) => {
      const width = Math.min(100, Math.max(widthMin, (durationMs / whole) * 100))
      const start = Math.min(100 - width, ((startMs - begin) / whole) * 100)
      return { call, durationMs, start, width }
    })
}
