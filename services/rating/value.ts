import { FieldDescriptorProto_Type as FieldType } from '@bufbuild/protobuf/wkt'
import { ViolationsSchema } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { Code, ConnectError } from '@connectrpc/connect'
import { withReason } from './reasons.ts'
import { describeScale } from './scale.ts'
import type { Scoring } from './scoring.ts'

/**
 * Creates the error of a value that is not on the scale, in the form of a broken rule of the
 * contract.
 */
export function offScale({ scale }: Scoring): ConnectError {
  const message = `must be ${describeScale(scale)}`
  const element = { fieldNumber: 6, fieldName: 'value', fieldType: FieldType.DOUBLE }
  const violation = { field: { elements: [element] }, ruleId: 'rating.scale', message }
  const detail = { desc: ViolationsSchema, value: { violations: [violation] } }
  const error = new ConnectError(`value: ${message}`, Code.InvalidArgument, undefined, [detail])
  const { min, max, step } = scale
  return withReason(error, 'VALUE_OFF_SCALE', { min, max, step })
}
