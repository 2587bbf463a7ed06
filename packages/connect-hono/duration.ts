import { create } from '@bufbuild/protobuf'
import { type Duration, DurationSchema } from '@bufbuild/protobuf/wkt'

/** A `google.protobuf.Duration` of milliseconds, of 0 or more, to the microsecond. */
export function toDuration(durationMs: number): Duration {
  const microseconds = Math.round(durationMs * 1_000)
  return create(DurationSchema, {
    seconds: BigInt(Math.floor(microseconds / 1_000_000)),
    nanos: (microseconds % 1_000_000) * 1_000,
  })
}
