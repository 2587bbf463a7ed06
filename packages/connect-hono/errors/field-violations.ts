import { create, type MessageShape, toBinary } from '@bufbuild/protobuf'
import {
  type FieldPath,
  ViolationSchema,
  ViolationsSchema,
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import type { ConnectError } from '@connectrpc/connect'
import {
  BadRequest_FieldViolationSchema,
  BadRequestSchema,
} from '../gen/google/rpc/error_details_pb.ts'

type Detail = ConnectError['details'][number]
type Violation = MessageShape<typeof ViolationSchema>

/** Size of the tag and the length of a violation, in bytes. */
const headBytes = 3

/**
 * Returns `buf.validate.Violations` in both forms: its own, and `google.rpc.BadRequest` for clients
 * that do not know it. Each has the same first violations, as many as fit into `bytesMax`.
 */
export function inBothForms(detail: Detail & { desc: unknown }, bytesMax: number): Detail[] {
  const { violations } = create(ViolationsSchema, detail.value as object)
  const fields = violations.map(fieldViolation)
  let bytes = 0
  const end = violations.findIndex((violation, index) => {
    bytes += toBinary(ViolationSchema, violation).length + 2 * headBytes
    bytes += toBinary(BadRequest_FieldViolationSchema, fields[index] as never).length
    return bytes > bytesMax
  })
  const count = end < 0 ? violations.length : end
  if (count === 0) return []
  return [
    { desc: ViolationsSchema, value: { violations: violations.slice(0, count) } },
    { desc: BadRequestSchema, value: { fieldViolations: fields.slice(0, count) } },
  ]
}

function fieldViolation({ field, message, ruleId }: Violation) {
  return create(BadRequest_FieldViolationSchema, {
    field: fieldText(field),
    description: message || ruleId,
    reason: ruleId.toUpperCase().replaceAll(/[^A-Z\d]+/g, '_'),
  })
}

/** Returns the path of a field: `records[0].record_id`. Empty for the whole message. */
export function fieldText(path: FieldPath | undefined): string {
  const parts = path?.elements.map(({ fieldName, subscript }) => {
    const { case: kind, value } = subscript
    const key = kind === 'stringKey' ? JSON.stringify(value) : value
    return kind === undefined ? fieldName : `${fieldName}[${key}]`
  })
  return parts?.join('.') ?? ''
}
