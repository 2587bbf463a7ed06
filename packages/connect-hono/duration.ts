import { create } from '@bufbuild/protobuf'
import { type Duration, DurationSchema } from '@bufbuild/protobuf/wkt'

/** Returns a `google.protobuf.Duration`, rounded to microseconds. @param durationMs 0 or more. */
export function toDuration(durationMs: number): Duration {
  const microseconds = Math.round(durationMs * 1_000)
  return create(DurationSchema, {
    seconds: BigInt(Math.floor(microseconds / 1_000_000)),
    nanos: (microseconds % 1_000_000) * 1_000,
  })
}
