import { BinaryReader } from '@bufbuild/protobuf/wire'
import { readFields } from './read-fields.ts'
import type { ErrorDetail } from './result.ts'

/** Field of `google.rpc.ErrorInfo`. */
const reasonField = 1

/** Returns the reason of a `google.rpc.ErrorInfo` among the details, or `undefined`. */
export function reasonOf(details: readonly ErrorDetail[]): string | undefined {
  const info = details.find(({ type }) => type === 'google.rpc.ErrorInfo')
  try {
    return info && readReason(new BinaryReader(info.value))
  } catch {
    // A reason that cannot be read is none.
    return undefined
  }
}

function readReason(reader: BinaryReader): string | undefined {
  let reason = ''
  readFields(reader, (field) => {
    if (field !== reasonField) return false
    reason = reader.string()
    return true
  })
  return reason || undefined
}
