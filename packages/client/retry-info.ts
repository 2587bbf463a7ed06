import { BinaryReader } from '@bufbuild/protobuf/wire'
import { readFields } from './read-fields.ts'
import type { ErrorDetail } from './result.ts'

/** Fields of `google.rpc.RetryInfo` and `google.protobuf.Duration`. */
const retryDelayField = 1
const secondsField = 1
const nanosField = 2

/**
 * Returns the delay of a `google.rpc.RetryInfo` among the details, in milliseconds, or `undefined`.
 */
export function retryDelayOf(details: readonly ErrorDetail[]): number | undefined {
  const info = details.find(({ type }) => type === 'google.rpc.RetryInfo')
  try {
    return info && readRetryInfo(new BinaryReader(info.value))
  } catch {
    // A delay that cannot be read is none.
    return undefined
  }
}

function readRetryInfo(reader: BinaryReader): number {
  let delayMs = 0
  readFields(reader, (field) => {
    if (field !== retryDelayField) return false
    delayMs = readDuration(new BinaryReader(reader.bytes()))
    return true
  })
  return delayMs
}

function readDuration(reader: BinaryReader): number {
  let durationMs = 0
  readFields(reader, (field) => {
    if (field === secondsField) durationMs += Number(reader.int64()) * 1_000
    else if (field === nanosField) durationMs += reader.int32() / 1_000_000
    else return false
    return true
  })
  return durationMs
}
