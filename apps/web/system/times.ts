import { type Duration, type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt'

/** Milliseconds since the epoch; 0 for no time. */
export function millis(time: Timestamp | undefined): number {
  return time === undefined ? 0 : timestampMs(time)
}

/** Milliseconds with their fraction, which `durationMs` of protobuf-es rounds away. */
export function exactMillis({ seconds, nanos }: Pick<Duration, 'seconds' | 'nanos'>): number {
  return Number(seconds) * 1000 + nanos / 1_000_000
}

/** Milliseconds since the epoch with their fraction, for the order of calls. */
export function exactTime(time: Timestamp | undefined): number {
  return time === undefined ? 0 : exactMillis(time)
}
